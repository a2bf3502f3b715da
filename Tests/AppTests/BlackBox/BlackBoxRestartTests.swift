import Foundation
import Glibc
import Synchronization
import TestKit
import Testing

extension BlackBox {
    /// SIGUSR2: a new process takes the port, the old one sends its clients over.
    @Suite struct Restarts {
        private static let settings = #", "limits": {"messages_per_s": null}, "recent_per_room": 64"#

        /// Comes and goes until told to stop, and expects to be welcomed each time; returns how often.
        private func visit(_ app: AppProcess, until isOver: borrowing Atomic<Bool>) async throws -> Int {
            let (ws, html, ops) = (await app.wsPort, await app.htmlPort, await app.opsPort)
            var count = 0
            while !isOver.load(ordering: .relaxed) {
                let (client, welcome) = try await ChatClient.join(ws, "session_key=v&history=0")
                #expect(welcome.epoch != nil)
                // Perhaps it was sent away meanwhile.
                try? await client.cut()
                #expect(try await HTTPAnswer.get("/chat", html).status == 200)
                #expect(try await HTTPAnswer.get("/health/ready", ops).status == 200)
                count += 1
            }
            return count
        }

        /// The body, while visitors come and go: none is refused.
        private func withVisitors(_ app: AppProcess, _ body: () async throws -> Void) async throws {
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Int.self) { visitors in
                for _ in 1...4 { visitors.addTask { try await self.visit(app, until: isOver.value) } }
                do { try await body() } catch {
                    isOver.value.store(true, ordering: .relaxed)
                    throw error
                }
                isOver.value.store(true, ordering: .relaxed)
                for try await count in visitors { #expect(count > 10) }
            }
        }

        private func rollTwice(_ app: AppProcess) async throws {
            let crowd = Crowd(20)
            var pids: Set<Int32> = [await app.pid]
            try await withVisitors(app) {
                for _ in 1...2 {
                    try await crowd.join(await app.wsPort)
                    let ends = try await crowd.talk {
                        await crowd.tally.reach(200)
                        let line = try #require(await app.roll())
                        try #require(line.contains("\"event\":\"restarted\""), "\(line)")
                        pids.insert(await app.pid)
                    }
                    try #require(ends.allSatisfy { $0?.code == 1012 }, "\(ends)")
                    #expect(ends.allSatisfy { $0?.reason.wholeMatch(of: #/retry_ms=\d+/#) != nil })
                }
                #expect(pids.count == 3)
                #expect(await app.exitCode() == 0)
                try await crowd.join(await app.wsPort)
                let ends = try await crowd.finish(after: 100)
                #expect(ends.allSatisfy { $0 == nil })
            }
            let log = try await logged(app)
            var acknowledged: Set<String> = []
            for talker in crowd.talkers {
                try await talker.listen(through: Int64(log.count))
                #expect(await talker.seen == log, "\(talker.key)")
                acknowledged.formUnion(await talker.acknowledged)
            }
            let ids = log.map { String($0.split(separator: "|", omittingEmptySubsequences: false)[2]) }
            #expect(ids.count == acknowledged.count)
            #expect(Set(ids) == acknowledged)
            #expect(await app.stop(SIGTERM) == 0)
            let ends = await app.wholeLog().filter { $0.contains("\"event\":\"stopped\"") }
            #expect(ends.count == 3)
        }

        private static let sessions = Crowd.sessions(20) + ", ('v','a visitor',1)"

        @Test func nobodyIsRefusedAndNothingIsLost() async throws {
            try await withApp(Self.settings, sessions: Self.sessions, drain: 8) { try await rollTwice($0) }
        }

        @Test func newProcessKeepsThePortThatTheFirstOneFound() async throws {
            let servers = #""ws_server": {"port": 0}, "html_server": {"port": 0}, "ops_server": {"port": 0}"#
            try await withApp(Self.settings, sessions: Self.sessions, servers: servers, drain: 8) {
                try await rollTwice($0)
            }
        }

        @Test func embeddedClusterIsShared() async throws {
            let app = try await AppProcess.start(", \"drain_timeout_s\": 8", url: "embedded:postgres")
            let first = try await ChatClient.connect(await app.wsPort, "session_key=nobody")
            #expect(try await first.farewell().code == 4401)
            #expect(await app.roll()?.contains("\"event\":\"restarted\"") == true)
            #expect(await app.exitCode() == 0)
            #expect(await app.line { $0.contains("is_left_to_another_server") } != nil)
            // The cluster answers still.
            let second = try await ChatClient.connect(await app.wsPort, "session_key=nobody")
            #expect(try await second.farewell().code == 4401)
            #expect(try await app.terminate() == 0)
        }

        @Test func brokenConfigurationChangesNothing() async throws {
            try await withApp(drain: 8) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                let file = app.directory.appending(path: "site_conf.json")
                let good = try Data(contentsOf: file)
                try Data("{\"db_url\": 7}".utf8).write(to: file)
                let before = await app.pid
                let line = try #require(await app.roll())
                #expect(line.contains("\"event\":\"restart_failed\""), "\(line)")
                #expect(line.contains("exit code 78"), "\(line)")
                #expect(await app.pid == before)
                #expect(try await HTTPAnswer.get("/health/ready", await app.opsPort).status == 200)
                for number in 1...3 { client.say("\(number)") }
                #expect(try await client.next(3).map(\.seq) == [1, 2, 3])

                // And when the file is good again, it is another try.
                try good.write(to: file)
                #expect(await app.roll()?.contains("\"event\":\"restarted\"") == true)
                #expect(try await client.farewell().code == 1012)
            }
        }

        /// Begins a restart whose new process is held where it reads its configuration; returns what it is to read there.
        private func beginRestart(_ app: AppProcess) async throws -> Data {
            let file = app.directory.appending(path: "site_conf.json")
            let good = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            #expect(mkfifo(file.path, 0o600) == 0)
            Glibc.kill(await app.pid, SIGUSR2)
            #expect(await app.line { $0.contains("\"event\":\"restarting\"") } != nil)
            return good
        }

        /// Lets the new process go on; waits until it has come there.
        private func goOn(_ app: AppProcess, _ conf: Data) async throws {
            let file = app.directory.appending(path: "site_conf.json")
            try await withCheckedThrowingContinuation { continuation in
                // Opening blocks until there is a reader.
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result {
                            let pipe = try FileHandle(forWritingTo: file)
                            try pipe.write(contentsOf: conf)
                            try pipe.close()
                        })
                }
            }
        }

        @Test func secondSignalIsIgnoredWhileOneIsUnderWay() async throws {
            try await withApp(drain: 8) { app in
                let conf = try await beginRestart(app)
                Glibc.kill(await app.pid, SIGUSR2)
                #expect(await app.line { $0.contains("\"event\":\"restart_ignored\"") } != nil)
                let (client, _) = try await ChatClient.join(await app.wsPort)
                client.say("the old one serves meanwhile")
                #expect(try await client.next().seq == 1)
                try await goOn(app, conf)
                #expect(try await client.farewell().code == 1012)
                #expect(await app.exitCode() == 0)
                let (_, welcome) = try await ChatClient.join(await app.wsPort)
                #expect(welcome.lastSeq == 1)
            }
        }

        @Test func stopDuringARestartIsAStop() async throws {
            let app = try await AppProcess.start(", \"drain_timeout_s\": 8")
            try await app.sql("insert into sessions values ('1','Michael Redman',0)")
            let (client, _) = try await ChatClient.join(await app.wsPort)
            _ = try await beginRestart(app)
            #expect(await app.stop(SIGTERM) == 0)
            #expect(try await client.farewell().code == 1001)
            let log = await app.wholeLog()
            #expect(log.count { $0.contains("\"event\":\"restart_failed\"") } == 1)
            #expect(log.last?.contains("\"event\":\"stopped\"") == true)
            try await app.terminate()
        }
    }
}

/// A flag that several tasks look at.
private final class Flag: Sendable { let value = Atomic(false) }
