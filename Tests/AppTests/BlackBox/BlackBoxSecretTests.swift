import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Keys and texts are the users' own: nothing that operators look at may show them.
    @Suite struct Secrets {
        private let key = "5ecret-key-of-nobody-else"
        private let text = "wh1spered-words"

        /// Says something by each way in which a key can come, and has each kind of refusal happen.
        private func useEverything(_ app: AppProcess) async throws {
            let port = await app.wsPort
            let ways: [(query: String, headers: [String])] = [
                ("session_key=\(key)", []), ("", ["Authorization: Bearer \(key)"]),
                ("", ["Cookie: a=b; session_key=\(key)"]), ("", []),
            ]
            for (number, way) in ways.enumerated() {
                let client = try await ChatClient.connect(port, way.query, headers: way.headers)
                if number == ways.count - 1 { client.send("{\"session_key\":\"\(key)\"}") }
                _ = try await client.next()
                client.say(text, id: "\(text)-\(number)")
                _ = try await client.frames { $0.id == "\(text)-\(number)" }
                client.send("{\"message\":\"\(text)\\u0000\"}")
                client.send("{\"message\": \(text)")
                client.send("{\"\(text)\":\"\(text)\"}")
                let codes = try await client.next(3).map(\.error)
                #expect(codes == ["bad_message", "bad_json", "unknown_command"])
                try await client.leave()
            }
            let unknown = try await ChatClient.connect(port, "session_key=\(key)-unknown")
            #expect(try await unknown.farewell().code == 4401)
            await #expect(throws: ChatClient.Refused(status: 400)) {
                try await ChatClient.connect(port, "session_key=\(key)&history=\(text)")
            }
            let refused = try await ChatClient.connect(port, "session_key=\(key)&history=0")
            _ = try await refused.next()
            // One that log itself refuses, by a constraint of the application's.
            refused.say("\(text) forbidden")
            #expect(try await refused.next().error == "not_stored")
            try await refused.cut()
            // The same key twice is refused by the table; the words of the embedding application are not ours to log.
            await #expect(throws: SQL.Failure.self) {
                try await app.sql("insert into sessions values ('\(key)', 'again', 0)")
            }
        }

        @Test func noKeyAndNoTextIsInLogMetricsOrProcessTitle() async throws {
            let forged = "Mallory\",\"event\":\"ready\"}\n{\"event\":\"forged"
            try await withApp(
                ", \"log_level\": \"debug\"", sessions: "('\(key)', '\(forged)', 0)",
                prepare: "alter table log add check (message not like '%forbidden')"
            ) { app in
                try await useEverything(app)
                let pid = await app.pid
                for file in ["cmdline", "comm", "environ"] {
                    let words = try String(
                        decoding: Data(contentsOf: URL(filePath: "/proc/\(pid)/\(file)")), as: UTF8.self)
                    #expect(!words.contains(key) && !words.contains(text), "\(file)")
                }
                let metrics = try await HTTPAnswer.get("/metrics", await app.opsPort).body
                #expect(metrics.contains("roomcast_messages_stored_total"))
                #expect(!metrics.contains(key) && !metrics.contains(text))
                let queries = try await app.sql(
                    "select query from pg_stat_activity where application_name like 'chat%'")
                #expect(!queries.joined().contains(key) && !queries.joined().contains(text))
                let directory = try #require(app.url.firstMatch(of: /host='([^']+)\/socket'/)?.1)
                let words = try String(contentsOfFile: "\(directory)/postgres.log", encoding: .utf8)
                #expect(words.contains("sessions_pkey"))
                #expect(!words.contains(key) && !words.contains(text))
                // The line of the next ten seconds, which sums up what happened, is in the log too.
                _ = await app.nextLine { $0.contains("\"event\":\"stats\"") }
                let log = await app.log.joined(separator: "\n")
                #expect(!log.contains(key) && !log.contains(text) && !log.contains("forged"))
            }
        }
    }
}
