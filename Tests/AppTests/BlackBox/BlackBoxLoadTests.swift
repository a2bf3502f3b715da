import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// `App load` and `App echo`.
    @Suite struct Tools {
        private func load(_ app: AppProcess, _ arguments: [String]) async throws -> (
            code: Int32, summary: [String: Any]
        ) {
            let url = "ws://127.0.0.1:\(await app.wsPort)/?session_key=1"
            let run = try await AppCommand.run(["load", url] + arguments + ["--json"])
            let summary = try JSONSerialization.jsonObject(with: Data(run.stdout.utf8)) as? [String: Any]
            return (run.code, try #require(summary, "\(run.stderr)"))
        }

        @Test(arguments: [["8", "0.05"], ["--connections", "8", "--interval", "0.05", "--id"]])
        func loadFindsNothingLostOrDoubled(arguments: [String]) async throws {
            try await withApp { app in
                let (code, summary) = try await load(app, arguments + ["--duration", "3"])
                #expect(code == 0)
                #expect(summary["clean"] as? Bool == true)
                for name in ["lost", "duplicated", "out_of_order", "differing", "unknown", "reconnects"] {
                    #expect(summary[name] as? Int == 0, "\(name)")
                }
                #expect(summary["connected"] as? Int == 8)
                let stored = try #require(summary["stored"] as? Int)
                #expect(stored > 0)
                #expect(try await app.sql("select count(*) from log") == ["\(stored)"])
            }
        }

        @Test func loadOutlivesARestartOfTheServer() async throws {
            try await withApp { app in
                async let result = load(app, ["8", "0.05", "--id", "--duration", "8"])
                // Under way: somebody has spoken.
                while try await app.sql("select count(*) > 20 from log") != ["t"] {}
                await app.kill()
                try await app.restart()
                let (code, summary) = try await result
                #expect(code == 0)
                #expect(summary["clean"] as? Bool == true)
                #expect(summary["reconnects"] as? Int == 8)
            }
        }

        @Test func loadSaysWhenItIsRefused() async throws {
            try await withApp(sessions: "('another','Ann',0)") { app in
                let (code, summary) = try await load(app, ["3", "0.1", "--duration", "2"])
                #expect(code == 1)
                #expect(summary["connected"] as? Int == 0)
            }
        }

        @Test func loadEndsAtOnceWhereNobodyListens() async throws {
            let start = ContinuousClock.now
            let port = try await FreePort.find()
            let run = try await AppCommand.run(["load", "ws://127.0.0.1:\(port)/?session_key=1", "--duration", "60"])
            #expect(run.code == 1)
            #expect(
                run.complaints
                    == ["cannot connect to 127.0.0.1:\(port): Connection refused; is the server running there?"])
            #expect(run.stdout.contains("FAILED: 1 connections are missing"))
            #expect(ContinuousClock.now - start < .seconds(40))
        }

        @Test func loadEndsInTimeWhereNothingIsAnswered() async throws {
            let silent = try SilentListener()
            let start = ContinuousClock.now
            let run = try await AppCommand.run(
                ["load", "ws://127.0.0.1:\(silent.port)/?session_key=1", "3", "--duration", "1"])
            #expect(run.code == 1)
            // Its own patience with a handshake is 15 s.
            #expect(ContinuousClock.now - start < .seconds(10))
        }

        @Test func echoSendsEverythingBack() async throws {
            let echo = try await AppProcess.echo()
            let client = try await ChatClient.connect(await echo.wsPort, "")
            let texts = ["a", "", "ü 🎈", String(repeating: "x", count: 200_000)]
            for text in texts { client.send(text) }
            #expect(try await client.next(texts.count).map(\.text) == texts)
            #expect(try await echo.terminate() == 0)
        }
    }
}
