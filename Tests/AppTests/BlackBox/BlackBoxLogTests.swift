import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// Whoever reads the log does not decide what the server does.
    @Suite struct Logs {
        @Test func aReaderOfStdoutThatStallsStopsNobody() async throws {
            try await withApp { app in
                let client = try await ChatClient.join(app.wsPort, "session_key=1&history=0").client
                await app.stallLog()
                // Each answer to SIGHUP is a line of 500 bytes and more; the pipe takes 4 KiB.
                let name = String(repeating: "x", count: 500)
                try app.reconfigure("\"db_url\"", "\"\(name)\": 1, \"db_url\"")
                for _ in 0..<50 {
                    kill(await app.pid, SIGHUP)
                    // The server goes on, or this waits until the test's time is over.
                    client.say("hello")
                    #expect(try await client.next().message == "hello")
                }
                let newcomer = try await ChatClient.join(app.wsPort, "session_key=1&history=0").client
                client.say("again")
                #expect(try await newcomer.next().message == "again")
                #expect(try await HTTPAnswer.get("/health/live", app.opsPort).status == 200)
                // Ends although its last lines are not taken.
                #expect(await app.stop(SIGTERM) == 0)
                await app.resumeLog()
            }
        }
    }
}
