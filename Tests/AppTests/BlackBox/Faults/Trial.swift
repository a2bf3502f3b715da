import TestKit
import Testing

/// A server with regular guests in room 0, who talk while a test harms the database; in the end everybody must have
/// been answered and have seen exactly the log.
struct Trial: Sendable {
    /// The server.
    let app: AppProcess
    /// The database, reached directly.
    let sql: SQL
    let guests: [Regular]
    /// Counts the answers that the guests get.
    let answers: Tally

    /// Runs a trial on a database of its own.
    ///
    /// - Parameters:
    ///   - url: the database; its schema may be missing.
    ///   - serverURL: the server's way to it, if it is another one.
    ///   - settings: further members of `site_conf.json`, each after a comma.
    ///   - prepare: SQL to run before the first guest comes.
    ///   - harm: what happens while all talk.
    static func run(
        _ url: String, serverURL: String? = nil, guests count: Int = 10, settings: String = "", prepare: String = "",
        harm: @escaping @Sendable (Trial) async throws -> Void
    ) async throws -> Trial {
        let app = try await AppProcess.start(
            #", "limits": {"messages_per_s": null}, "drain_timeout_s": 10\#(settings)"#, url: serverURL ?? url)
        do {
            let sql = SQL(url)
            try await sql.run("\(prepare); insert into sessions values \(Crowd.sessions(count))")
            let (answers, port) = (Tally(), await app.wsPort)
            let guests = (0..<count).map { Regular("t\($0)", port: port, answers) }
            let trial = Trial(app: app, sql: sql, guests: guests, answers: answers)
            for guest in guests { try await guest.join() }
            try await trial.talk(harm)
            try await trial.settle()
            await ChatClient.hangUp(port)
            let code = try await app.terminate()
            let lastWords = await app.wholeLog().suffix(5)
            #expect(code == 0, "\(lastWords)")
            return trial
        } catch {
            await ChatClient.hangUp(await app.wsPort)
            try await app.terminate()
            throw error
        }
    }

    private func talk(_ harm: @escaping @Sendable (Trial) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for guest in guests { group.addTask { try await guest.talk() } }
            group.addTask {
                // There is always somebody who talks before, and after.
                await answers.reach(guests.count)
                try await harm(self)
                await answers.reach(2 * guests.count)
                for guest in guests { await guest.stop() }
            }
            // The first failure ends them all.
            for try await _ in group {}
        }
    }

    /// Nobody waits for an answer any more: what was stored is what was shown, to everybody, once and in one order.
    private func settle() async throws {
        let log = try await sql.run(
            #"select seq, "user", coalesce(client_id, ''), message from log where room = 0 order by seq"#)
        var stored: Set<String> = []
        var refused: Set<String> = []
        for guest in guests {
            try await guest.listen(through: Int64(log.count))
            for stretch in await guest.stretches {
                let start = stretch.first.flatMap { Int($0.prefix { $0 != "|" }) } ?? 1
                #expect(stretch == Array(log.dropFirst(start - 1).prefix(stretch.count)), "\(guest.key)")
            }
            stored.formUnion(await guest.stored)
            refused.formUnion(await guest.refused)
        }
        let ids = log.map { String($0.split(separator: "|", omittingEmptySubsequences: false)[2]) }
            .filter { !$0.isEmpty }
        #expect(Set(ids).count == ids.count, "something is stored twice")
        #expect(Set(ids) == stored, "what is stored is what was acknowledged")
        #expect(stored.isDisjoint(with: refused))
        #expect(
            try await sql.run("select last_seq = \(log.count) from rooms where room = 0") == ["t"],
            "the numbers are dense")
    }

    /// Nobody's connection ended, and so nobody was told to forget what it had seen.
    func expectNobodyLeft() async {
        for guest in guests { #expect(await guest.returns == 0, "\(guest.key)") }
    }

    /// How many connections that store messages the server has lost, after its end.
    ///
    /// There are two: on a busy machine a batch may take so long that its room moves to the slow lane.
    func lostStoring() async -> Int { await lost("chat-writer") + lost("chat-slow") }

    /// How many connections of a pool the server has lost, after its end.
    func lost(_ pool: String) async -> Int {
        await app.wholeLog().count {
            $0.contains("\"event\":\"database_connection_lost\"") && $0.contains("\"db.pool\":\"\(pool)\"")
        }
    }
}
