import NIOCore
import Net
import Rooms
import Testing

@testable import Configuration

/// What a configuration may say, and every way in which it can be wrong.
@Suite struct SiteConfTests {
    private static func read(_ json: String, environmentURL: String? = nil) throws -> SiteConf {
        try SiteConfReader.read(
            JSONNode.read(Array(json.utf8)), directory: "/etc/roomcast", environmentURL: environmentURL,
            source: "site_conf.json")
    }

    private static func errors(_ json: String) -> [String] {
        do {
            _ = try read(json)
            return []
        } catch let errors as ConfigErrors {
            return errors.lines
        } catch {
            return ["not a configuration error: \(error)"]
        }
    }

    @Test func anEmptyObjectIsTheDefaults() throws {
        var expected = SiteConf()
        expected.database = .embedded(directory: "/etc/roomcast/data/postgres")
        #expect(try Self.read("{}") == expected)
    }

    @Test(arguments: [
        // Unknown keys
        (
            #"{"limits":{"mesage_bytes_max":1}}"#,
            #"limits.mesage_bytes_max: unknown key; did you mean "message_bytes_max"?"#
        ),
        (#"{"ops_server":{"":1}}"#, #"ops_server."": unknown key; known here: host, port"#),
        (#"{"ops_server":{"zzz\nzzz":1}}"#, #"ops_server."zzz\nzzz": unknown key; known here: host, port"#),
        (#"{"ops_server":{"zzzzzzzz":1}}"#, "ops_server.zzzzzzzz: unknown key; known here: host, port"),
        // Wrong types
        (#"{"db_pool_size":"4"}"#, "db_pool_size: expected a whole number (allowed: 2 to 100), found a string"),
        (
            #"{"db_pool_size":4.0}"#,
            "db_pool_size: expected a whole number (allowed: 2 to 100), found a fractional number"
        ),
        (#"{"db_pool_size":null}"#, "db_pool_size: expected a whole number (allowed: 2 to 100), found null"),
        (#"{"db_schema":null}"#, "db_schema: expected a string, found null"),
        (
            #"{"db_schema":"Chat"}"#,
            #"db_schema: "Chat" is not allowed as the name of a schema; allowed: 1 to 63 of a-z, 0-9 and _, beginning with no digit and not with pg_"#
        ),
        (#"{"ws_server":{"reuse_port":1}}"#, "ws_server.reuse_port: expected true or false, found a whole number"),
        (#"{"compression":1}"#, "compression: expected true or false, found a whole number"),
        (#"{"compression":null}"#, "compression: expected true or false, found null"),
        (#"{"ws_server":[]}"#, "ws_server: expected an object, found an array"),
        (#"{"allowed_origins":"*"}"#, "allowed_origins: expected an array of strings, found a string"),
        (#"{"ws_server":{"host":null}}"#, "ws_server.host: expected a string, found null"),
        (#"[]"#, "expected an object, found an array"),
        // Out of range
        (#"{"ws_server":{"port":65536}}"#, "ws_server.port: 65536 is out of range; allowed: 0 to 65535"),
        (#"{"ws_server":{"port":-1}}"#, "ws_server.port: -1 is out of range; allowed: 0 to 65535"),
        (
            #"{"db_pool_size":99999999999999999999}"#,
            "db_pool_size: 99999999999999999999 is out of range; allowed: 2 to 100"
        ),
        (
            #"{"limits":{"slow_timeout_s":-1}}"#,
            "limits.slow_timeout_s: -1 is out of range; allowed: 0.1 to 3600, or null or 0 to turn it off"
        ),
        (
            #"{"limits":{"slow_timeout_s":1e999}}"#,
            "limits.slow_timeout_s: 1e999 is out of range; allowed: 0.1 to 3600, or null or 0 to turn it off"
        ),
        (
            #"{"log_level":"loud"}"#,
            "log_level: expected one of trace, debug, info, notice, warning, error, critical"
        ),
        (#"{"ws_server":{"host":""}}"#, "ws_server.host: must be a string that is not empty and holds no NUL"),
        (#"{"db_url":"embedded:"}"#, #"db_url: names no directory; write "embedded:DIR""#),
        (
            #"{"allowed_origins":["https://a.example/"]}"#,
            "allowed_origins[0]: expected an origin as a browser sends it: https://host or https://host:port, nothing after it"
        ),
        (
            #"{"html_server":{"ws_url":"http://a"}}"#,
            "html_server.ws_url: expected an address that begins with ws:// or wss:// and names a host"
        ),
        (#"{"ws_server":null}"#, "ws_server: must not be null: without it there is nothing to serve"),
        // Given twice
        (#"{"limits":{},"limits":{}}"#, "limits: given twice; keep one"),
        // Contradictions
        (#"{"ws_server":{"cert":"a.pem"}}"#, "ws_server.cert: given without key; TLS needs both"),
        (#"{"ws_server":{"key":"a.pem"}}"#, "ws_server.key: given without cert; TLS needs both"),
        (#"{"ws_server":{"ca":["a.pem"]}}"#, "ws_server.ca: given without cert and key; it completes their chain"),
        (#"{"history_on_join":1001}"#, "history_on_join: 1001 is more than history_max (1000)"),
        (
            #"{"limits":{"ping_interval_s":0,"ping_timeout_s":5}}"#,
            "limits.ping_timeout_s: means nothing while ping_interval_s is off; turn it off too (null)"
        ),
        (
            #"{"limits":{"send_queue_bytes_max":4096}}"#,
            "limits.message_bytes_max: 65536 is more than limits.send_queue_bytes_max (4096): such a message could never be delivered"
        ),
        (
            #"{"ws_server":{"port":443,"cert":"c","key":"k"},"html_server":{"port":443}}"#,
            "html_server: shares host and port with ws_server, and so one listener; cert, key and ca must be the same in both"
        ),
        (
            #"{"html_server":{"cert":"c","key":"k"}}"#,
            "html_server.ws_url: needed: the page is served by https and ws_server has no cert; give the wss:// address of its proxy"
        ),
        (#"{"group":"chat"}"#, "group: means nothing without user; name the user too"),
        (
            #"{"html_server":{"hsts_s":300}}"#,
            "html_server.hsts_s: means nothing without TLS: give cert and key, or name in trusted_proxies the proxy that has them"
        ),
    ])
    func aWrongValueIsNamedWithItsPath(json: String, line: String) {
        let place = "site_conf.json: "
        #expect(Self.errors(json) == [place + line])
    }

    @Test(arguments: ["a", "_", "chat_2", "pg", "pgchat", "user", String(repeating: "x", count: 63)])
    func aNameOfASchema(name: String) throws {
        #expect(try Self.read(#"{"db_schema":"\#(name)"}"#).databaseSchema == name)
    }

    @Test(arguments: [
        "", "pg_chat", "pg_", "1a", "a-b", "a b", #"a\"b"#, #"chat\n"#, "é", String(repeating: "x", count: 64),
    ])
    func noNameOfASchema(name: String) {
        let errors = Self.errors(#"{"db_schema":"\#(name)"}"#)
        #expect(errors.count == 1 && errors[0].hasPrefix("site_conf.json: db_schema: "), "\(errors)")
    }

    @Test func allErrorsAreReportedInTheOrderOfTheFile() {
        let lines = Self.errors(
            """
            { "log_level": 1,
              "db_pool_size": 0,
              "limts": {},
              "limits": { "messages_burst": 0, "messages_burst": 1 } }
            """)
        #expect(
            lines.map { String($0.dropFirst("site_conf.json: ".count).prefix { $0 != ":" }) }
                == ["log_level", "db_pool_size", "limts", "limits.messages_burst"])
    }

    @Test func nullAndZeroTurnLimitsOff() throws {
        let conf = try Self.read(
            """
            {"limits":{"connections_max":0,"connections_per_session_max":null,"handshake_timeout_s":0,
            "ping_interval_s":null,"ping_timeout_s":0,"slow_timeout_s":0.0,"messages_per_s":0},"session_check_s":null,
            "html_server":null,"ops_server":null}
            """)
        #expect(conf.netLimits.connectionsMax == nil)
        #expect(conf.roomLimits.connectionsPerSessionMax == nil)
        #expect(conf.netLimits.handshakeTimeout == nil)
        #expect(conf.netLimits.pingInterval == nil)
        #expect(conf.netLimits.pingTimeout == nil)
        #expect(conf.netLimits.slowTimeout == nil)
        #expect(conf.netLimits.messagesPerSecond == nil)
        #expect(conf.sessionCheckInterval == nil)
        #expect(conf.htmlServer == nil)
        #expect(conf.opsServer == nil)
    }

    @Test func turningPingsOffTakesTheDefaultTimeoutAlong() throws {
        #expect(try Self.read(#"{"limits":{"ping_interval_s":0}}"#).netLimits.pingTimeout == nil)
    }

    @Test func sessionMaySayTenTimesWhatAConnectionMayUnlessItIsSaid() throws {
        func limits(_ members: String) throws -> [Double?] {
            let limits = try Self.read("{\"limits\":{\(members)}}").netLimits
            return [limits.sessionMessagesPerSecond, limits.sessionMessagesBurst]
        }
        #expect(try limits("") == [200, 600])
        #expect(try limits(#""messages_per_s":5,"messages_burst":7"#) == [50, 70])
        #expect(try limits(#""messages_per_s":null"#) == [nil, 600])
        #expect(try limits(#""session_messages_per_s":0"#) == [nil, 600])
        #expect(try limits(#""session_messages_per_s":1,"session_messages_burst":2"#) == [1, 2])
    }

    @Test func pathsAreRelativeToTheFile() throws {
        let conf = try Self.read(
            #"{"db_url":"embedded:pg","ws_server":{"cert":"tls/c.pem","key":"/k.pem","ca":["ca.pem"]},"#
                + #""html_server":{"access_log":"a.log"}}"#)
        #expect(conf.htmlServer?.accessLog == "/etc/roomcast/a.log")
        #expect(conf.database == .embedded(directory: "/etc/roomcast/pg"))
        #expect(
            conf.wsServer.tls.files
                == TLSFiles(
                    certificate: "/etc/roomcast/tls/c.pem", key: "/k.pem", chain: ["/etc/roomcast/ca.pem"]))
    }

    @Test func theEnvironmentOverridesTheDatabase() throws {
        let json = #"{"db_url":"embedded:pg"}"#
        #expect(try Self.read(json, environmentURL: "host=db").database == .url("host=db"))
        #expect(try Self.read(json, environmentURL: "").database == .embedded(directory: "/etc/roomcast/pg"))
    }

    @Test func compressionCanBeTurnedOff() throws {
        #expect(try Self.read("{}").compression)
        #expect(try Self.read(#"{"compression":false}"#).compression == false)
    }

    @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "proxy.example", "::/129", "fe80::1%lo", " 10.0.0.1"])
    func whatIsNoBlockOfAddressesIsNoProxy(text: String) {
        let lines = Self.errors("{\"trusted_proxies\":[\"::1\",\"\(text)\"]}")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("site_conf.json: trusted_proxies[1]: expected an address or a block") == true)
    }

    @Test func proxiesAreBlocksOfAddresses() throws {
        let conf = try Self.read(
            #"{"trusted_proxies":["10.0.0.0/8","::1"],"html_server":{"hsts_s":300},"#
                + #""limits":{"connections_per_address_max":7}}"#)
        #expect(conf.trustedProxies == ["10.0.0.0/8", "::1"].compactMap { AddressBlock($0) })
        #expect(conf.htmlServer?.strictTransportSeconds == 300)
        #expect(conf.netLimits.connectionsPerAddressMax == 7)
        let many = Array(repeating: "\"::1\"", count: 257).joined(separator: ",")
        #expect(
            Self.errors("{\"trusted_proxies\":[\(many)]}")
                == ["site_conf.json: trusted_proxies: has 257 entries; allowed: at most 256"])
    }

    @Test func fractionsOfSecondsAreKept() throws {
        #expect(try Self.read(#"{"limits":{"slow_timeout_s":0.5}}"#).netLimits.slowTimeout == .milliseconds(500))
    }
}
