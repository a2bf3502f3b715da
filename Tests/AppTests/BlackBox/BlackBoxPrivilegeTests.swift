import Foundation
import Glibc
import TestKit
import Testing

extension BlackBox {
    /// `user` and `group`: what is left of a server that was started as root.
    @Suite(.enabled(if: getuid() == 0, "only root can give up what it has")) struct Privileges {
        /// The lines that tell a thread's rights, without the names of the threads: one line for all if all are alike.
        private func rights(of pid: Int32) throws -> Set<String> {
            let wanted = ["Uid", "Gid", "Groups", "NoNewPrivs", "CapInh", "CapPrm", "CapEff", "CapAmb"]
            let tasks = "/proc/\(pid)/task"
            let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
            #expect(threads.count > 1)
            return Set(
                threads.compactMap { thread in
                    // One that has ended meanwhile has no rights.
                    guard let status = try? String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8) else {
                        return nil
                    }
                    let lines = status.split(separator: "\n").filter { line in
                        wanted.contains { line.hasPrefix("\($0):") }
                    }
                    return lines.map { $0.split { $0 == " " || $0 == "\t" }.joined(separator: " ") }
                        .joined(separator: "\n")
                })
        }

        private func expectNobody(_ pid: Int32) throws {
            let nobody = try #require(getpwnam("nobody")).pointee
            let (user, group) = ("\(nobody.pw_uid)", "\(nobody.pw_gid)")
            let none = "0000000000000000"
            let expected = """
                Uid: \(user) \(user) \(user) \(user)
                Gid: \(group) \(group) \(group) \(group)
                Groups: \(group)
                CapInh: \(none)
                CapPrm: \(none)
                CapEff: \(none)
                CapAmb: \(none)
                NoNewPrivs: 1
                """
            // The order of the lines is the kernel's.
            let found = try rights(of: pid).map { Set($0.split(separator: "\n")) }
            #expect(found == [Set(expected.split(separator: "\n"))])
        }

        /// A port of 127.0.0.1 that only root may bind and on which nobody listened just now.
        private func privilegedPort() throws -> Int {
            try #require(
                (600...1023).reversed().first { port in
                    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                    defer { close(descriptor) }
                    var address = sockaddr_in()
                    address.sin_family = sa_family_t(AF_INET)
                    address.sin_port = in_port_t(port).bigEndian
                    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
                    return withUnsafePointer(to: address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                        }
                    }
                })
        }

        /// The cluster of a server, as root reaches it.
        private func sql(_ app: AppProcess, _ text: String) async throws {
            let socket = app.directory.appending(path: "postgres/socket").path
            try await SQL("host=\(socket) port=5432 user=postgres dbname=postgres").run(text)
        }

        private func isClusterRunning(_ app: AppProcess) -> Bool {
            FileManager.default.fileExists(atPath: app.directory.appending(path: "postgres/data/postmaster.pid").path)
        }

        private func withNobody(_ body: (AppProcess) async throws -> Void) async throws {
            let servers = """
                "ws_server": {"port": \(try privilegedPort())}, "html_server": {"port": 0}, "ops_server": {"port": 0}
                """
            let app = try await AppProcess.start(
                #", "drain_timeout_s": 8, "user": "nobody""#, url: "embedded:postgres", servers: servers)
            do {
                try await sql(app, "insert into sessions values ('1','Michael Redman',0)")
                try await body(app)
            } catch {
                try await app.terminate()
                throw error
            }
            await ChatClient.hangUp(await app.wsPort)
            let code = await app.stop(SIGTERM)
            let lastWords = await app.wholeLog().suffix(5)
            #expect(code == 0, "\(lastWords)")
            #expect(!isClusterRunning(app))
            try await app.terminate()
        }

        @Test func nothingIsLeftOfRootInAnyThread() async throws {
            try await withNobody { app in
                #expect(await app.wsPort < 1024)
                try expectNobody(await app.pid)
                let (client, _) = try await ChatClient.join(await app.wsPort)
                client.say("who am I?")
                #expect(try await client.next().seq == 1)
                // And of the threads that were needed for that.
                try expectNobody(await app.pid)
                let lines = await app.log
                let (dropped, ready) = (
                    lines.firstIndex { $0.contains("\"event\":\"privileges_dropped\"") },
                    lines.firstIndex { $0.contains("\"event\":\"ready\"") }
                )
                #expect(try #require(dropped) < #require(ready))
            }
        }

        @Test func embeddedClusterIsStartedAgainWithoutRoot() async throws {
            try await withNobody { app in
                let (client, _) = try await ChatClient.join(await app.wsPort)
                let file = app.directory.appending(path: "postgres/data/postmaster.pid")
                let pid = try #require(Int32(String(contentsOf: file, encoding: .utf8).prefix { $0.isNumber }))
                Glibc.kill(pid, SIGQUIT)
                let again = await app.line {
                    $0.contains("\"event\":\"embedded_postgresql_started\"") && !$0.contains("\"\(pid)\"")
                }
                #expect(again != nil)
                // It waits until the server has found the cluster again.
                client.say("back again")
                #expect(try await client.next().seq == 1)
            }
        }

        @Test func restartGoesOnAsTheSameUserOnTheSamePort() async throws {
            try await withNobody { app in
                let port = await app.wsPort
                let (client, _) = try await ChatClient.join(port)
                let line = try #require(await app.roll())
                try #require(line.contains("\"event\":\"restarted\""), "\(line)")
                #expect(try await client.farewell().code == 1012)
                #expect(await app.exitCode() == 0)
                try expectNobody(await app.pid)
                let (again, _) = try await ChatClient.join(port)
                again.say("still here")
                #expect(try await again.next().seq == 1)
            }
        }

        @Test func filesThatTheUserMayNotReadAreNotReloaded() async throws {
            try await withDirectory { directory in
                let shown = try await Certificate.make("shown", in: directory)
                #expect(chmod(shown.key.path, 0o600) == 0)
                let servers = """
                    "ws_server": {"port": 0, "cert": "\(shown.certificate.path)", "key": "\(shown.key.path)"},
                    "html_server": null, "ops_server": null
                    """
                let app = try await AppProcess.start(
                    #", "drain_timeout_s": 8, "user": "nobody""#, url: "embedded:postgres", servers: servers)
                let refused = await app.reload() ?? ""
                #expect(refused.contains("\"event\":\"reload_failed\""))
                #expect(refused.contains("shown.key.pem: cannot be read: Permission denied"), "\(refused)")
                #expect(try await Certificate.shown(await app.wsPort) == shown.text())
                #expect(chmod(shown.key.path, 0o644) == 0)
                #expect(await app.reload()?.contains("\"event\":\"reloaded\"") == true)
                #expect(try await app.terminate() == 0)
            }
        }

        @Test(arguments: [
            (#""user": "no-such-user""#, #"user: there is no user "no-such-user" on this machine"#),
            (
                #""user": "nobody", "group": "no-such-group""#,
                #"group: there is no group "no-such-group" on this machine"#
            ),
            (#""user": "root""#, #"user: "root" is root; name another user, or none"#),
        ])
        func whoIsNotThereIsAnError(setting: String, complaint: String) async throws {
            try await withConfiguration("{\(setting)}") { file in
                let serve = try await AppCommand.run(["serve", "--log-format", "text", "--config", file])
                #expect(serve.code == 78)
                #expect(serve.complaints == [complaint])
            }
        }
    }
}
