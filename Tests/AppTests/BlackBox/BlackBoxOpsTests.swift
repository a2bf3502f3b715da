import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Health, metrics, the page, TLS and the log.
    @Suite struct Operation {
        @Test func healthAndMetrics() async throws {
            try await withApp { app in
                let ops = await app.opsPort
                let live = try await HTTPAnswer.get("/health/live", ops)
                #expect(live.status == 200)
                #expect(live.body == "{\"status\":\"live\"}\n")
                let ready = try await HTTPAnswer.get("/health/ready", ops)
                #expect(ready.status == 200)
                #expect(ready.body == "{\"status\":\"ready\"}\n")
                #expect(try await HTTPAnswer.get("/nothing", ops).status == 404)

                let (client, _) = try await ChatClient.join(await app.wsPort)
                for number in 1...3 { client.say("\(number)") }
                _ = try await client.next(3)
                let answer = try await HTTPAnswer.get("/metrics", ops)
                #expect(answer.status == 200)
                #expect(answer.head.lowercased().contains("content-type: text/plain; version=0.0.4"))
                let metrics = try PrometheusReading(answer.body)
                #expect(metrics.value("roomcast_connections") == 1)
                #expect(metrics.value("roomcast_rooms") == 1)
                #expect(metrics.value("roomcast_messages_stored_total") == 3)
                #expect(metrics.value("roomcast_deliveries_total") == 3)
                #expect(metrics.value("roomcast_log_queue_messages") == 0)
                #expect(metrics.value("roomcast_log_queue_bytes") == 0)
                #expect(metrics.types["roomcast_messages_stored_total"] == "counter")
                #expect(metrics.types["roomcast_connections"] == "gauge")
                for name in ["roomcast_commit_seconds", "roomcast_delivery_seconds"] {
                    #expect(metrics.types[name] == "histogram")
                    // Messages that are stored together count once.
                    #expect((1...3).contains(metrics.value("\(name)_count") ?? 0))
                }
                for secret in ["Michael", "room 0"] { #expect(!answer.body.contains(secret)) }
            }
        }

        @Test func drainingServerIsNotReadyAndAcceptsNobody() async throws {
            let app = try await AppProcess.start(#", "drain_timeout_s": 10"#)
            let (html, ws) = (await app.htmlPort, await app.wsPort)
            #expect(try await HTTPAnswer.get("/chat", html).status == 200)
            #expect(await app.stop(SIGTERM) == 0)
            for port in [html, ws, await app.opsPort] {
                await #expect(throws: (any Error).self, "\(port)") { _ = try await HTTPAnswer.get("/chat", port) }
            }
            try await app.terminate()
        }

        @Test func oneAddressServesSocketPageAndHealth() async throws {
            let port = try await FreePort.find()
            let servers = ["ws_server", "html_server", "ops_server"].map { "\"\($0)\": {\"port\": \(port)}" }
            try await withApp(servers: servers.joined(separator: ", ")) { app in
                #expect([await app.wsPort, await app.htmlPort, await app.opsPort] == [port, port, port])
                let (client, _) = try await ChatClient.join(port)
                client.say("hello")
                #expect(try await client.next().seq == 1)
                #expect(try await HTTPAnswer.get("/chat", port).body.contains("<html"))
                #expect(try await HTTPAnswer.get("/chat-client.js", port).status == 200)
                #expect(try await HTTPAnswer.get("/health/ready", port).status == 200)
                #expect(
                    try PrometheusReading(try await HTTPAnswer.get("/metrics", port).body).value("roomcast_connections")
                        == 1)
            }
        }

        @Test func pageAndHealthMayShareTheirOwnAddress() async throws {
            let port = try await FreePort.find()
            let servers =
                #""ws_server": {"port": 0}, "html_server": {"port": \#(port)}, "ops_server": {"port": \#(port)}"#
            try await withApp(servers: servers) { app in
                #expect(await app.wsPort != port)
                #expect(try await HTTPAnswer.get("/chat", port).status == 200)
                #expect(try await HTTPAnswer.get("/health/live", port).status == 200)
                _ = try await ChatClient.join(await app.wsPort)
            }
        }

        @Test func serversMayBeTurnedOff() async throws {
            try await withApp(servers: #""ws_server": {"port": 0}, "html_server": null, "ops_server": null"#) { app in
                #expect([await app.htmlPort, await app.opsPort] == [0, 0])
                _ = try await ChatClient.join(await app.wsPort)
            }
        }

        @Test func pageNeverHoldsTheKey() async throws {
            try await withApp(sessions: "('s3cret','Ann',0)") { app in
                let page = try await HTTPAnswer.get("/chat?session_key=s3cret", await app.htmlPort)
                #expect(page.status == 200)
                #expect(!page.body.contains("s3cret"))
                let head = page.head.lowercased()
                #expect(head.contains("content-security-policy:"))
                #expect(!head.contains("unsafe-inline"))
                #expect(head.contains("referrer-policy: no-referrer"))
            }
        }

        @Test func tlsForSocketAndPage() async throws {
            try await withDirectory { directory in
                let (key, certificate) = (directory.appending(path: "key.pem"), directory.appending(path: "cert.pem"))
                let made = try await AppCommand.run(
                    URL(filePath: "/usr/bin/openssl"),
                    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                        + ["-subj", "/CN=localhost", "-days", "2", "-keyout", key.path, "-out", certificate.path])
                #expect(made.code == 0)
                let files = "\"cert\": \"\(certificate.path)\", \"key\": \"\(key.path)\""
                let servers = """
                    "ws_server": {"port": 0, \(files)}, "html_server": {"port": 0, \(files)}, "ops_server": {"port": 0}
                    """
                try await withApp(servers: servers) { app in
                    let port = await app.wsPort
                    let first = try await ChatClient.join(port, tls: true).client
                    let second = try await ChatClient.join(port, tls: true).client
                    let long = String(repeating: "long ", count: 10_000)
                    for text in ["hello", long] { first.say(text) }
                    for client in [first, second] {
                        #expect(try await client.next(2).map(\.message) == ["hello", long])
                    }
                    #expect(try await HTTPAnswer.get("/chat", await app.htmlPort, tls: true).status == 200)
                    // Plain bytes get no service.
                    await #expect(throws: (any Error).self) { _ = try await ChatClient.join(port) }
                    #expect(try await HTTPAnswer.get("/health/ready", await app.opsPort).status == 200)
                }
            }
        }

        @Test func everyMetricIsDocumented() async throws {
            let page = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
                .appending(path: "docs/metrics.md")
            let rows = try String(contentsOf: page, encoding: .utf8)
                .matches(of: #/(?m)^\| `(\w+)(?:\{\w+\})?` \| (\w+) \|/#)
            let documented = Dictionary(rows.map { (String($0.1), String($0.2)) }) { first, _ in first }
            try await withApp { app in
                let answer = try await HTTPAnswer.get("/metrics", await app.opsPort)
                #expect(try PrometheusReading(answer.body).types == documented)
            }
        }

        @Test func dashboardAndAlertRulesAskForMetricsThatExist() async throws {
            let directory = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
                .appending(path: "contrib/monitoring")
            let alerts = try String(contentsOf: directory.appending(path: "alerts.yml"), encoding: .utf8)
            let dashboard = try Data(contentsOf: directory.appending(path: "grafana-dashboard.json"))
            let panels = try #require(
                (try JSONSerialization.jsonObject(with: dashboard) as? [String: Any])?["panels"] as? [[String: Any]])
            let expressions = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap {
                $0["expr"] as? String
            }
            #expect(expressions.count > panels.count)
            try await withApp { app in
                let types = try await PrometheusReading(HTTPAnswer.get("/metrics", await app.opsPort).body).types
                for text in expressions + [alerts] {
                    for name in text.matches(of: #/roomcast_[a-z_]+/#).map({ String($0.0) }) {
                        let base = name.replacing(#/_(bucket|sum|count)$/#, with: "")
                        #expect(types[name] != nil || types[base] == "histogram", "\(name)")
                        // A rate is of something that only grows.
                        if text.contains("rate(\(name)") {
                            #expect(name.hasSuffix("_total") || base != name, "\(name)")
                        }
                    }
                }
            }
        }

        @Test func logIsJSONWithTheDocumentedEvents() async throws {
            let page = URL(filePath: PostgresFixture.migrations).deletingLastPathComponent()
                .appending(path: "docs/logging.md")
            let documented = Set(
                try String(contentsOf: page, encoding: .utf8).matches(of: #/(?m)^\| `(\w+)` \|/#).map { String($0.1) })
            #expect(documented.contains("ready"))

            let app = try await AppProcess.start(#", "log_level": "trace", "drain_timeout_s": 10"#)
            try await app.sql("insert into sessions values ('1','Michael Redman',0)")
            let (client, _) = try await ChatClient.join(await app.wsPort)
            client.say("hello")
            _ = try await client.next()
            try await app.sql(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name like 'chat%'
                """)
            client.say("again", id: "1")
            _ = try await client.next()
            #expect(try await app.terminate() == 0)

            let lines = await app.wholeLog()
            var events: Set<String> = []
            for line in lines {
                let json = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
                events.insert(try #require(json["event"] as? String))
                #expect((json["ts"] as? String)?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil)
                #expect(json["level"] is String)
            }
            #expect(events.subtracting(documented) == [])
            #expect(events.isSuperset(of: ["listening", "ready", "database_connection_lost", "draining", "stopped"]))
        }
    }
}
