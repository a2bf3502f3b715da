import Foundation
import TestKit
import Testing

extension BlackBox {
    /// Who the client is: directly, and behind proxies that are trusted or not.
    @Suite struct Proxies {
        private static let header = "X-Forwarded-For: "
        private static let binary: [UInt8] =
            Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [
                0x21, 0x11, 0, 12, 203, 0, 113, 9, 127, 0, 0, 1, 0x12, 0x34, 0xDC, 0x5C,
            ]

        private func text(_ client: String) -> [UInt8] { Array("PROXY TCP4 \(client) 127.0.0.1 4660 56412\r\n".utf8) }

        /// Connects with further headers, or behind the header of a proxy, and stays; returns the status.
        private func status(
            _ app: AppProcess, _ headers: [String] = [], tls: Bool = false, preface: [UInt8] = []
        ) async throws -> Int {
            do {
                _ = try await ChatClient.join(await app.wsPort, headers: headers, tls: tls, preface: preface)
                return 101
            } catch let refused as ChatClient.Refused {
                return refused.status
            }
        }

        /// The page, as soon as the server has counted out the connection before, of the same address: one is allowed.
        private func page(_ app: AppProcess, preface: [UInt8]) async throws -> HTTPAnswer {
            for _ in 1..<100 {
                let page = try await HTTPAnswer.get("/chat", await app.htmlPort, tls: true, preface: preface)
                if page.status != 0 { return page }
            }
            return try await HTTPAnswer.get("/chat", await app.htmlPort, tls: true, preface: preface)
        }

        private func refusals(_ app: AppProcess) async throws -> Double? {
            try PrometheusReading(try await HTTPAnswer.get("/metrics", await app.opsPort).body)
                .value("roomcast_refused_by_address_total")
        }

        @Test func clientsBehindAProxyAreToldApartAndTheListCanChange() async throws {
            let settings = """
                , "trusted_proxies": ["127.0.0.1", "10.0.0.0/8"], "log_level": "debug",
                "limits": {"connections_per_address_max": 1}
                """
            try await withApp(settings) { app in
                #expect(try await status(app, [Self.header + "203.0.113.9"]) == 101)
                #expect(try await status(app, [Self.header + "203.0.113.10"]) == 101)
                // Whatever the client claims stands ahead of what the proxies have seen.
                #expect(try await status(app, [Self.header + "1.1.1.1, 203.0.113.9 ,10.1.2.3"]) == 503)
                #expect(try await status(app, [Self.header + "1.1.1.1", Self.header + "203.0.113.10"]) == 503)
                #expect(try await refusals(app) == 2)
                let line = await app.line { $0.contains("client_refused") }
                #expect(line?.contains(#""address":"203.0.113.9""#) == true)
                #expect(line?.contains(#""reason":"connections_per_address_max""#) == true)
                // What is no address is not repeated anywhere.
                #expect(try await status(app, [Self.header + "\"} forged"]) == 101)
                #expect(try await status(app, [Self.header + "\"} forged"]) == 503)
                let lines = await app.log
                #expect(lines.contains { $0.contains("forged") } == false)

                try app.reconfigure(#""127.0.0.1", "10.0.0.0/8""#, #""10.0.0.0/8""#)
                let reloaded = try #require(await app.reload())
                #expect(reloaded.contains(#""changed":["trusted_proxies"]"#), "\(reloaded)")
                // Nobody is believed any more: this is 127.0.0.1, which has a client already.
                #expect(try await status(app, [Self.header + "203.0.113.11"]) == 503)
                #expect(try await status(app, preface: text("203.0.113.11")) == 400)

                try app.reconfigure(#""connections_per_address_max": 1"#, #""connections_per_address_max": null"#)
                _ = await app.reload()
                #expect(try await status(app, [Self.header + "203.0.113.11"]) == 101)
            }
        }

        @Test func headersOfTheProxyProtocolComeAheadOfTLS() async throws {
            try await withDirectory { directory in
                let shown = try await Certificate.make("shown", in: directory)
                let files = "\"cert\": \"\(shown.certificate.path)\", \"key\": \"\(shown.key.path)\""
                let servers = """
                    "ws_server": {"port": 0, \(files)}, "html_server": {"port": 0, \(files), "hsts_s": 300},
                    "ops_server": {"port": 0}
                    """
                let settings =
                    #", "trusted_proxies": ["127.0.0.0/8"], "limits": {"connections_per_address_max": 1}"#
                try await withApp(settings, servers: servers) { app in
                    let (client, _) = try await ChatClient.join(
                        await app.wsPort, tls: true, preface: text("203.0.113.8"))
                    client.say("hello")
                    #expect(try await client.next().seq == 1)
                    #expect(try await status(app, tls: true, preface: Self.binary) == 101)
                    #expect(try await status(app, tls: true, preface: Self.binary) == 503)
                    #expect(try await status(app, tls: true, preface: text("203.0.113.9")) == 503)
                    // A check of the proxy's own, and one without a header.
                    let local: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8) + [0x20, 0, 0, 0]
                    #expect(try await status(app, tls: true, preface: local) == 101)
                    #expect(try await status(app, tls: true) == 503)
                    #expect(try await refusals(app) == 3)

                    for preface in [text("203.0.113.9"), Self.binary, local, []] {
                        let page = try await page(app, preface: preface)
                        #expect(page.status == 200)
                        #expect(page.head.contains("\r\nStrict-Transport-Security: max-age=300"))
                    }
                    let broken = try await ScriptedClient.connect(port: await app.wsPort)
                    try await broken.send(Array("PROXY TCP4 nobody\r\n".utf8))
                    #expect(await broken.rest().isEmpty)
                    let metrics = try PrometheusReading(try await HTTPAnswer.get("/metrics", await app.opsPort).body)
                    #expect(metrics.value("roomcast_proxy_headers_malformed_total") == 1)
                }
            }
        }

        @Test func pageAsksForTLSWhereAProxyHasIt() async throws {
            let port = try await FreePort.find()
            let servers = """
                "ws_server": {"port": \(port)}, "html_server": {"port": \(port), "hsts_s": 31536000},
                "ops_server": {"port": 0}
                """
            try await withApp(#", "trusted_proxies": ["127.0.0.1"]"#, servers: servers) { app in
                let asked: [(headers: [String], preface: [UInt8], isStrict: Bool)] = [
                    (["X-Forwarded-Proto: https"], [], true), (["X-Forwarded-Proto: http"], [], false), ([], [], false),
                    // Behind a proxy of TCP it is the client that says so, who may say anything.
                    (["X-Forwarded-Proto: https"], Self.binary, false),
                ]
                for (headers, preface, isStrict) in asked {
                    let page = try await HTTPAnswer.get("/chat", port, headers: headers, preface: preface)
                    #expect(page.status == 200)
                    #expect(page.head.contains("\r\nStrict-Transport-Security: max-age=31536000") == isStrict)
                }
            }
        }

        @Test func socketsThatNeverAskAreBounded() async throws {
            let limits = #""limits": {"connections_per_address_max": 3, "handshake_timeout_s": null}"#
            try await withApp(", \(limits)") { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                // Two more are within the limit, 16 are kept to be told, and five are closed.
                var silent: [ScriptedClient] = []
                for _ in 1...23 { silent.append(try await ScriptedClient.connect(port: await app.wsPort)) }
                var refused = 0.0
                while refused < 5 { refused = try await refusals(app) ?? 0 }
                #expect(refused == 5)
                // Who is there is served, and others can connect when the silent ones have gone.
                client.say("still here")
                #expect(try await client.next().seq == 1)
                #expect(try await HTTPAnswer.get("/chat", await app.htmlPort).status == 200)
                for socket in silent { await socket.close() }
                var last = 503
                while last != 101 { last = (try? await status(app)) ?? 0 }
                #expect(last == 101)
            }
        }

        @Test func accessesAreLoggedWithTheClientAndTheFileMayBeRotated() async throws {
            try await withDirectory { directory in
                let logs = directory.appending(path: "logs")
                try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
                let file = logs.appending(path: "access.log")
                func lines(_ file: URL) throws -> [String] {
                    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
                        String($0.drop { $0 != "," })
                    }
                }
                let servers = """
                    "ws_server": {"port": 0}, "ops_server": {"port": 0},
                    "html_server": {"port": 0, "access_log": "\(file.path)"}
                    """
                let rotated = directory.appending(path: "access.log.1")
                try await withApp(#", "trusted_proxies": ["127.0.0.1"]"#, servers: servers) { app in
                    let html = await app.htmlPort
                    let page = try await HTTPAnswer.get(
                        "/chat?session_key=s3cret", html, headers: [Self.header + "203.0.113.9"])
                    _ = try await HTTPAnswer.get("/\"x", html, preface: Self.binary)
                    try FileManager.default.moveItem(at: file, to: rotated)
                    #expect(await app.reload()?.contains("\"event\":\"reloaded\"") == true)
                    let expected = [
                        #","client":"203.0.113.9","method":"GET","path":"/chat","status":200,"bytes":\#(page.body.utf8.count)}"#,
                        #","client":"203.0.113.9","method":"GET","path":"/\"x","status":404,"bytes":14}"#,
                    ]
                    #expect(try lines(rotated) == expected)

                    let broken = try await ScriptedClient.connect(port: html)
                    try await broken.send(Array("nonsense\r\n\r\n".utf8))
                    #expect(await broken.responseHead().hasPrefix("HTTP/1.1 400 "))
                    // A file that cannot be opened changes nothing.
                    let aside = directory.appending(path: "aside")
                    try FileManager.default.moveItem(at: logs, to: aside)
                    let failure = await app.reload()
                    #expect(failure?.contains("access.log: cannot be opened: No such file or directory") == true)
                    #expect(try await HTTPAnswer.get("/chat.css", html).status == 200)
                    try FileManager.default.moveItem(at: aside, to: logs)
                    // Another file takes another process.
                    try app.reconfigure("access.log", "nowhere/access.log")
                    #expect(await app.reload()?.contains(#""needs_restart":["html_server.access_log"]"#) == true)
                }
                let last = try lines(file)
                #expect(last.first == #","client":"127.0.0.1","method":null,"path":null,"status":400,"bytes":16}"#)
                #expect(last.count == 2)
            }
        }
    }
}
