internal import ArgumentParser
internal import Attacks
internal import TestKit

/// Attacks a server of its own and shows what became of attackers, bystanders and server.
@main
struct AttackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Attacks a server of its own on this machine; a table shows what that did to a bystander.",
        discussion: """
            The built App beside this program is started on a private PostgreSQL, with default limits, and stopped in \
            the end. Three bystanders chat in the room of the attackers. Exits with 1 if an attacker ended otherwise \
            than it should, or a bystander missed anything.
            """)

    @Option(help: "Only attacks whose name contains this.")
    var only: String?

    @Option(help: "The size of the attacks: 1 is full.")
    var scale = 1.0

    @Option(help: "Instead: open and end so many connections in five ways, and show descriptors and memory.")
    var churn: Int?

    func run() async throws {
        let app = try await AppProcess.start()
        try await app.sql(
            """
            insert into sessions select 'k' || n, 'attacker ' || n, 0 from generate_series(1, \(Self.sessions)) n;
            insert into sessions select 'b' || n, 'bystander ' || n, 0 from generate_series(1, 3) n;
            """)
        let target = AttackTarget(port: await app.wsPort, scale: scale, sessions: Self.sessions)
        var isRight = true
        do {
            if let churn {
                try await ChurnRun(app: app, target: target, connections: churn).run()
            } else {
                print(AttackRun.heading)
                for attack in Attack.all where only.map(attack.name.contains) ?? true {
                    isRight = try await AttackRun(app: app, target: target).run(attack) && isRight
                }
            }
        } catch {
            await app.kill()
            throw error
        }
        try await app.terminate()
        if !isRight { throw ExitCode.failure }
    }

    private static let sessions = 1000
}
