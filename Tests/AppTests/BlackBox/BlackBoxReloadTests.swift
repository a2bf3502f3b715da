import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// SIGHUP: what can change at once changes, or nothing does; no client is dropped.
    @Suite struct Reloads {
        /// A server whose socket and page show the certificate `shown`, and two more to put in its place.
        private func withTLS(
            _ settings: String = "",
            _ body: (AppProcess, _ shown: Certificate, _ others: [Certificate]) async throws -> Void
        ) async throws {
            try await withDirectory { directory in
                let shown = try await Certificate.make("shown", in: directory)
                let others = [
                    try await Certificate.make("first", in: directory),
                    try await Certificate.make("second", in: directory),
                ]
                let files = "\"cert\": \"\(shown.certificate.path)\", \"key\": \"\(shown.key.path)\""
                let servers = """
                    "ws_server": {"port": 0, \(files)}, "html_server": {"port": 0, \(files)}, "ops_server": {"port": 0}
                    """
                try await withApp(settings, servers: servers) { try await body($0, shown, others) }
            }
        }

        private func failure(_ app: AppProcess) async throws -> String {
            let line = try #require(await app.reload())
            #expect(line.contains("\"event\":\"reload_failed\""), "\(line)")
            return line
        }

        private func success(_ app: AppProcess) async throws -> String {
            let line = try #require(await app.reload())
            #expect(line.contains("\"event\":\"reloaded\""), "\(line)")
            return line
        }

        @Test func newCertificateIsForNewClientsAndABrokenOneForNobody() async throws {
            let settings = #", "limits": {"connections_per_session_max": null}"#
            try await withTLS(settings) { app, shown, others in
                let (ws, html) = (await app.wsPort, await app.htmlPort)
                let (start, first) = (try shown.text(), try others[0].text())
                #expect(try await Certificate.shown(ws) == start)
                var clients: [ChatClient] = []
                for _ in 1...200 {
                    clients.append(try await ChatClient.join(ws, "session_key=1&history=0", tls: true).client)
                }
                var said: Int64 = 0
                /// Whoever was there is still there, and on the same connection.
                func expectAllThere() async throws {
                    said += 1
                    clients[Int(said)].say("still here?")
                    for client in clients { #expect(try await client.next().seq == said) }
                }
                /// What both ports show.
                func expect(_ certificate: String) async throws {
                    #expect(try await Certificate.shown(ws) == certificate)
                    #expect(try await Certificate.shown(html) == certificate)
                    try await expectAllThere()
                }

                let pair = [shown.certificate, shown.key]
                try Certificate.copy([others[0].certificate, others[0].key], over: pair)
                try await expect(start)
                _ = try await success(app)
                try await expect(first)
                let newcomer = try await ChatClient.join(ws, "session_key=1&history=0", tls: true).client
                clients.append(newcomer)

                // The key of one and the certificate of another.
                try Certificate.copy([others[1].certificate], over: pair)
                #expect(try await failure(app).contains("ws_server: the TLS files cannot be used"))
                try await expect(first)

                try Data("no certificate".utf8).write(to: shown.certificate)
                #expect(try await failure(app).contains("shown.cert.pem"))
                try await expect(first)

                try FileManager.default.removeItem(at: shown.certificate)
                #expect(try await failure(app).contains("shown.cert.pem: cannot be read: No such file or directory"))
                try await expect(first)
            }
        }

        @Test func settingsThatCanChangeDoAndTheOthersAreNamed() async throws {
            let limits = #""limits": {"messages_per_s": 0.01, "messages_burst": 1}"#
            try await withApp(", \(limits), \"log_level\": \"info\"") { app in
                let port = await app.wsPort
                let foreign = ["Origin: https://elsewhere.example"]
                let old = try await ChatClient.join(port, "session_key=1&history=0", headers: foreign).client
                old.say("one is allowed")
                #expect(try await old.next().seq == 1)

                try app.reconfigure(limits, #""limits": {"messages_per_s": null}, "db_pool_size": 5"#)
                try app.reconfigure(#""info""#, #""debug", "allowed_origins": ["https://chat.example"]"#)
                let line = try await success(app)
                #expect(line.contains(#""needs_restart":["db_pool_size"]"#), "\(line)")
                let changed = [
                    "allowed_origins", "limits.messages_per_s", "limits.messages_burst",
                    "limits.session_messages_per_s", "limits.session_messages_burst", "log_level",
                ]
                #expect(line.contains("\"changed\":\(changed)".replacing(", ", with: ",")), "\(line)")

                await #expect(throws: ChatClient.Refused(status: 403)) {
                    _ = try await ChatClient.join(port, headers: foreign)
                }
                let new = try await ChatClient.join(port, "session_key=1&history=0").client
                for number in 1...5 { new.say("\(number)") }
                #expect(try await new.next(5).map(\.seq) == [2, 3, 4, 5, 6])
                // Who was there keeps what it was promised, and its place.
                #expect(try await old.next(5).map(\.seq) == [2, 3, 4, 5, 6])
                old.say("two are not")
                #expect(try await old.next().error == "rate_limited")

                // A debug line, which there was none of before.
                #expect(await app.log.contains { $0.contains("\"level\":\"debug\"") } == false)
                try await app.sql(
                    """
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and application_name = 'chat-listen'
                    """)
                #expect(await app.line { $0.contains("\"level\":\"debug\"") } != nil)

                // What has not been applied is still said to be needed; what has is not said again.
                let again = try await success(app)
                #expect(again.contains(#""needs_restart":["db_pool_size"]"#))
                #expect(!again.contains("changed"))
            }
        }

        @Test func brokenConfigurationChangesNothing() async throws {
            try await withApp(#", "log_level": "info""#) { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                try app.reconfigure(#""info""#, #""debug", "allowed_origins": [], "no_such_key": 1"#)
                let line = try await failure(app)
                #expect(line.contains("no_such_key: unknown key"), "\(line)")
                let foreign = ["Origin: https://elsewhere.example"]
                _ = try await ChatClient.join(await app.wsPort, headers: foreign)
                client.say("still here")
                #expect(try await client.next().seq == 1)
                #expect(await app.log.contains { $0.contains("\"level\":\"debug\"") } == false)
            }
        }
    }
}
