import Foundation
import TestKit
import Testing

extension BlackBox {
    /// The command line, without a database.
    @Suite struct Commands {
        @Test(arguments: [
            [], ["serve"], ["check"], ["migrate"], ["session"], ["session", "create"], ["session", "list"],
            ["session", "revoke"], ["load"], ["echo"],
        ])
        func helpShowsUsage(command: [String]) async throws {
            let run = try await AppCommand.run(command + ["--help"])
            #expect(run.code == 0)
            #expect(run.stdout.contains("USAGE: " + (["App"] + command).joined(separator: " ")))
            #expect(run.stderr.isEmpty)
        }

        @Test func helpNamesEverySubcommandAndExitCode() async throws {
            let help = try await AppCommand.run(["--help"]).stdout
            for word in ["serve", "check", "migrate", "session", "load", "echo", "64", "69", "70", "78"] {
                #expect(help.contains(word), "\(word)")
            }
        }

        @Test(arguments: [
            ["nonsense"], ["serve", "--nonsense"], ["serve", "--wait", "-1"], ["session", "create"],
            ["session", "create", "Ann", "--role", "king"], ["load"], ["load", "http://x"], ["echo"],
        ])
        func badUsageExitsWith64(arguments: [String]) async throws {
            let run = try await AppCommand.run(arguments)
            #expect(run.code == 64)
            #expect(run.stdout.isEmpty)
            #expect(run.stderr.contains("Error:"))
        }

        @Test(arguments: [(["sever"], "serve"), (["session", "revok"], "revoke")])
        func aMistypedCommandGetsASuggestion(arguments: [String], meant: String) async throws {
            let run = try await AppCommand.run(arguments)
            #expect(run.code == 64)
            #expect(run.stdout.isEmpty)
            #expect(
                run.complaints.first
                    == "Error: Unknown command \"\(arguments.last ?? "")\". Did you mean \"\(meant)\"?")
        }

        @Test func checkExplainsASettingWithoutAFile() async throws {
            let file = ["--config", "/nonexistent/site_conf.json"]
            let run = try await AppCommand.run(["check", "--explain", "limits.ping_interval_s"] + file)
            #expect(run.code == 0)
            #expect(run.stdout.hasPrefix("limits.ping_interval_s\n  type: number or null\n"))
            #expect(run.stderr.isEmpty)

            let unknown = try await AppCommand.run(["check", "--explain", "limits.ping_intervall_s"])
            #expect(unknown.code == 64)
            #expect(unknown.stdout.isEmpty)
            #expect(
                unknown.complaints
                    == ["unknown setting \"limits.ping_intervall_s\"; did you mean \"limits.ping_interval_s\"?"])

            let both = try await AppCommand.run(["check", "--explain", "limits", "--connect"])
            #expect(both.code == 64)
        }

        @Test func checkSaysWhatItWaitsFor() async throws {
            try await withConfiguration(#"{"db_url": "host=127.0.0.1 port=1"}"#) { path in
                let run = try await AppCommand.run(["check", "--connect", "--config", path])
                #expect(run.code == 69)
                let reason =
                    "connection to server at \"127.0.0.1\", port 1 failed: Connection refused."
                    + " Is the server running on that host and accepting TCP/IP connections?"
                #expect(
                    run.complaints == [
                        "waiting up to 5 s for the database: \(reason)",
                        "the database cannot be reached: \(reason)",
                    ])
            }
        }

        private static let manyErrors = """
            {"db_url": "embedded:data", "db_pol_size": 3, "history_on_join": 2000, "log_level": "loud",
             "ws_server": {"host": "127.0.0.1", "port": 70000, "prot": 1},
             "limits": {"mesage_bytes_max": 5, "messages_burst": "many"}}
            """
        private static let complaints = [
            "db_pol_size: unknown key; did you mean \"db_pool_size\"?",
            "history_on_join: 2000 is more than history_max (1000)", "log_level: ",
            "ws_server.port: 70000 is out of range; allowed: 0 to 65535",
            "ws_server.prot: unknown key; did you mean \"port\"?",
            "limits.mesage_bytes_max: unknown key; did you mean \"message_bytes_max\"?", "limits.messages_burst: ",
        ]

        @Test(arguments: ["serve", "check", "migrate"])
        func badConfigurationShowsAllItsErrorsAndStartsNothing(command: String) async throws {
            try await withConfiguration(Self.manyErrors) { path in
                let run = try await AppCommand.run([command, "--config", path])
                #expect(run.code == 78)
                for complaint in Self.complaints {
                    #expect(run.complaints.count { $0.hasPrefix("\(path): \(complaint)") } == 1, "\(complaint)")
                }
                #expect(run.complaints.count == Self.complaints.count)
                let files = try FileManager.default.contentsOfDirectory(
                    atPath: URL(filePath: path).deletingLastPathComponent().path)
                #expect(files == ["site_conf.json"])
                let events = run.stdout.split(separator: "\n")
                #expect(events.count == (command == "serve" ? Self.complaints.count : 0))
                #expect(events.allSatisfy { $0.contains("\"event\":\"config_error\"") })
            }
        }

        @Test func brokenJSONIsNamedByLineAndColumn() async throws {
            try await withConfiguration("{\n  \"db_url\" 2\n}") { path in
                let run = try await AppCommand.run(["check", "--config", path])
                #expect(run.code == 78)
                #expect(run.complaints == ["\(path):2:12: expected ':', found \"2\""])
            }
        }

        @Test func missingConfigurationIsNamed() async throws {
            let run = try await AppCommand.run(["serve", "--config", "/nonexistent/site_conf.json"])
            #expect(run.code == 78)
            #expect(run.complaints == ["/nonexistent/site_conf.json: cannot be read: No such file or directory"])
        }

        @Test func missingTLSFileIsNamed() async throws {
            let json = #"{"ws_server": {"cert": "absent.pem", "key": "absent.key"}}"#
            try await withConfiguration(json) { path in
                let run = try await AppCommand.run(["check", "--connect", "--config", path])
                #expect(run.code == 78)
                #expect(run.complaints.count == 1)
                #expect(run.stderr.contains("absent.pem"))
            }
        }

        @Test(arguments: ["host=/nonexistent", "host=127.0.0.1 port=1"], ["serve", "migrate", "check --connect"])
        func unreachableDatabaseIsOneClearLine(url: String, command: String) async throws {
            try await withConfiguration("{\"db_url\": \"\(url)\"}") { path in
                let arguments = command.split(separator: " ").map(String.init) + ["--config", path, "--wait", "1"]
                let run = try await AppCommand.run(arguments)
                #expect(run.code == 69)
                #expect(run.complaints.count == 1)
                #expect(run.stderr.contains("database"))
                #expect(!run.stdout.contains("\"event\":\"listening\""))
            }
        }
    }
}
