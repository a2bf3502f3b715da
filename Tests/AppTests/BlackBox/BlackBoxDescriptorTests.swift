import Foundation
import TestKit
import Testing

extension BlackBox {
    /// More sockets than the system has descriptors for.
    @Suite struct Descriptors {
        private func number(_ field: String, in line: String) -> Int? {
            line.firstRange(of: "\"\(field)\":").flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
        }

        private func run(_ body: (AppProcess) async throws -> Void) async throws {
            let url = try await PostgresFixture.shared.database()
            try await SQL(url).run("insert into sessions values ('1','Michael Redman',0)")
            // The server keeps 74 and 4 for each core.
            let limit = 110 + 4 * ProcessInfo.processInfo.activeProcessorCount
            let app = try await AppProcess.start(#", "drain_timeout_s": 10"#, url: url, descriptorsMax: limit)
            let result: Result<Void, any Error>
            do { result = .success(try await body(app)) } catch { result = .failure(error) }
            await ChatClient.hangUp(await app.wsPort)
            #expect(try await app.terminate() == 0)
            try result.get()
        }

        @Test func fullServerServesWhoIsThereAndTakesTheNextWhenThereIsRoom() async throws {
            try await run { app in
                let port = await app.wsPort
                let warning = try #require(await app.line { $0.contains("\"event\":\"descriptors_short\"") })
                let most = try #require(number("sockets_max", in: warning))
                #expect(most >= 10)
                var clients: [ChatClient] = []
                for _ in 0..<most {
                    clients.append(try await ChatClient.join(port, "session_key=1&history=0").client)
                }
                #expect(await app.line { $0.contains("\"event\":\"sockets_full\"") } != nil)
                async let next = ChatClient.join(port, "session_key=1&history=0")

                clients[0].say("one")
                for client in clients { #expect(try await client.next().message == "one") }
                let ended = try await app.sql(
                    """
                    select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and application_name like 'chat%'
                    """)
                #expect(ended == ["6"])
                clients[0].say("two")
                for client in clients { #expect(try await client.next().message == "two") }
                try await app.sql("select new_message(0, now()::timestamp, 'Ann', 'three')")
                for client in clients { #expect(try await client.next().message == "three") }
                let page = try await PrometheusReading(HTTPAnswer.get("/metrics", await app.opsPort).body)
                #expect(page.value("roomcast_connections") == Double(most))
                #expect(page.value("roomcast_accept_failures_total") == 0)
                #expect(try await HTTPAnswer.get("/chat", await app.htmlPort).status == 200)

                try await clients.removeLast().leave()
                let (late, _) = try await next
                late.say("four")
                #expect(try await late.next().message == "four")
                while clients.count > 1 { try await clients.removeLast().leave() }
                #expect(await app.line { $0.contains("\"event\":\"sockets_free\"") } != nil)
            }
        }

        /// Sets the soft limit of a process that runs.
        private func limit(_ pid: Int32, to count: Int) throws {
            let command = try Process.run(
                URL(filePath: "/usr/bin/prlimit"), arguments: ["--pid", "\(pid)", "--nofile=\(count):"])
            command.waitUntilExit()
            #expect(command.terminationStatus == 0)
        }

        /// The plan keeps this from happening, unless the whole system has none left or somebody lowers the limit.
        @Test func serverWithoutDescriptorsWaitsForThem() async throws {
            try await run { app in
                let port = await app.wsPort
                let (client, _) = try await ChatClient.join(port, "session_key=1&history=0")
                let pid = await app.pid
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
                try limit(pid, to: open)
                let began = ContinuousClock.now
                async let next = ChatClient.join(port, "session_key=1&history=0")
                let line = await app.line { $0.contains("\"event\":\"accept_failed\"") }
                #expect(line?.contains("\"server\":\"ws_server\"") == true)
                client.say("still here")
                #expect(try await client.next().message == "still here")
                try limit(pid, to: open + 20)
                _ = try await next
                let page = try await PrometheusReading(HTTPAnswer.get("/metrics", await app.opsPort).body)
                let failures = try #require(page.value("roomcast_accept_failures_total"))
                // It pauses for half a second after each: a server that spins would have failed a hundred thousand times.
                let seconds: Double = (ContinuousClock.now - began) / .seconds(1)
                #expect(failures >= 1)
                #expect(failures <= 2 + 2 * seconds)
            }
        }
    }
}
