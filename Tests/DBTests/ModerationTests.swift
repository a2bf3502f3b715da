import DB
import Rooms
import TestKit
import Testing

/// What moderation sets for sessions, from SQL and by members.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ModerationTests {
    private static let sessions = """
        insert into sessions values ('a', 'ann', 1), ('b', 'ann', 2);
        insert into sessions (session_key, user_name, chat_room, user_id) values ('u', 'Uma', 1, 'u1');
        """

    private func moderation(_ database: Database, _ key: String) async throws -> Moderation? {
        try #require(try await database.session(key: key)).moderation
    }

    /// Runs a test with the sessions above; `apply` runs SQL and carries out what it left in the inbox.
    private func withSessions(
        _ test: (_ database: Database, _ apply: (String) async throws -> Void) async throws -> Void
    ) async throws {
        try await withDatabase { database, sql in
            try await sql.run(Self.sessions)
            try await test(database) { statement in
                try await sql.run(statement)
                while try await database.drainInbox(limit: 99, bytes: 999).taken > 0 {}
            }
        }
    }

    @Test func mutesAreForARoomOrForAllAndEnd() async throws {
        try await withSessions { database, apply in
            for key in ["a", "b", "u"] { #expect(try await moderation(database, key) == nil) }
            try await apply("select mute(1, 'ann', null, 'noise', 'root')")
            #expect(try await moderation(database, "a")?.mute == .forEver)
            #expect(try await moderation(database, "b") == nil)
            try await apply("select mute(null, 'ann', '2100-01-01 00:00:00Z')")
            #expect(
                try await moderation(database, "b")?.mute == .until(Timestamp(microseconds: 4_102_444_800_000_000)))
            // The longer one counts.
            #expect(try await moderation(database, "a")?.mute == .forEver)
            try await apply("select mute(1, 'ann', now())")
            #expect(
                try await moderation(database, "a")?.mute == .until(Timestamp(microseconds: 4_102_444_800_000_000)))
            try await apply("select mute(null, 'ann', '-infinity'); select mute(null, 'Uma', null)")
            // Uma is named by its user_id.
            for key in ["a", "b", "u"] { #expect(try await moderation(database, key) == nil) }
            try await apply("select mute(null, 'u1', null)")
            #expect(try await moderation(database, "u")?.mute == .forEver)
        }
    }

    @Test func aRestrictionThatIsOverDoesNotCount() async throws {
        try await withDatabase { database, sql in
            try await sql.run(Self.sessions)
            try await sql.run(
                "insert into restrictions (identity, kind, until) values ('ann', 'mute', now()), ('ann', 'ban', now())")
            #expect(try await moderation(database, "a") == nil)
        }
    }

    @Test func bansKicksAndRulesOfRooms() async throws {
        try await withSessions { database, apply in
            try await apply("select ban(2, 'ann', null); select kick('u1'); select kick('u1', 'again', 'root')")
            #expect(try await database.session(key: "a")?.isBanned == false)
            #expect(try await database.session(key: "b")?.isBanned == true)
            #expect(try await database.session(key: "u")?.kicks == 2)
            try await apply("select freeze(1, true); select slow_mode(1, 30); select slow_mode(2, 5)")
            let rules = try #require(try await moderation(database, "a"))
            #expect(rules.isFrozen && rules.slowModeSeconds == 30 && rules.mute == nil && !rules.isBanned)
            #expect(try await moderation(database, "b")?.slowModeSeconds == 5)
            try await apply("select freeze(1, false); select slow_mode(1, 0); select ban(2, 'ann', now())")
            #expect(try await moderation(database, "a") == nil)
            #expect(try await database.session(key: "b")?.isBanned == false)
        }
    }

    @Test func allOfItIsInTheLog() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                select mute(1, 'ann', null, 'noise', 'root'), ban(null, 'ann', '2100-01-01 00:00:00Z'), kick('bob', 'x'),
                       freeze(3, true, actor => 'root'), slow_mode(3, 7)
                """)
            #expect(try await database.drainInbox(limit: 99, bytes: 999).taken == 5)
            #expect(
                try await sql.run(
                    """
                    select room, action, identity, until at time zone 'UTC', reason, actor from moderation_log
                    order by "time"
                    """) == [
                        "1|mute|ann||noise|root", "|ban|ann|2100-01-01 00:00:00||", "|kick|bob||x|",
                        "3|freeze||||root", "3|slow_mode||||",
                    ])
        }
    }

    @Test func membersModerateInTheirRoomExactlyOnce() async throws {
        try await withDatabase { database, sql in
            try await sql.run(Self.sessions)
            func draft(_ kind: ModerationAction.Kind) -> ChangeDraft {
                .of(0, .moderate(ModerationAction(kind, reason: "why")), by: "root", isModerator: true)
            }
            let batch = ChangeBatch.of([
                draft(.mute(person: "ann", seconds: 3600)), draft(.ban(person: "u1", seconds: nil)),
                draft(.kick(person: "ann")), draft(.freeze(true)), draft(.slowMode(seconds: 9)),
            ])
            for _ in 1...2 {
                let receipt = try await database.change(batch)
                #expect(receipt == ChangeReceipt(outcomes: [.done, .done, .done, .done, .done], runs: []))
            }
            #expect(try await sql.run("select count(*) from moderation_log where actor = 'root'") == ["5"])
            let ann = try #require(try await database.session(key: "a"))
            guard case .until(let end)? = ann.moderation?.mute else { return #expect(Bool(false), "no end") }
            let left = try await sql.run(
                "select extract(epoch from now())::bigint - \(end.microseconds / 1_000_000 - 3600) between -1 and 60")
            #expect(left == ["t"])
            #expect(ann.kicks == 1)
            #expect(ann.moderation?.isFrozen == true && ann.moderation?.slowModeSeconds == 9)
            #expect(try await moderation(database, "b") == nil)
            #expect(try await database.session(key: "u")?.isBanned == true)
            try await database.change(draft(.mute(person: "ann", seconds: 0)), draft(.freeze(false)))
            #expect(try await moderation(database, "a")?.mute == nil)
        }
    }

    @Test func announcesTheSessionsConcernedOrAll() async throws {
        try await withDatabase { _, sql in
            try await sql.run(
                """
                \(Self.sessions)
                insert into sessions select 'k' || n, 'many', 5 from generate_series(1, 1001) n;
                """)
            func announced(_ arguments: String) async throws -> Set<String> {
                let lines = try await sql.run("listen chat; select moderate(\(arguments), null, null)")
                return Set(lines.flatMap { $0.matches(of: #/session:[0-9a-f*]+/#).map { String($0.0) } })
            }
            let fingerprints = try await sql.run(
                "select 'session:' || session_fingerprint(k) from unnest('{a,b,u}'::text[]) k")
            let (a, b, u) = (fingerprints[0], fingerprints[1], fingerprints[2])
            #expect(try await announced("'mute', 1, 'ann', null, null") == [a])
            #expect(try await announced("'mute', null, 'ann', null, null") == [a, b])
            #expect(try await announced("'freeze', 1, null, null, 1") == [a, u])
            #expect(try await announced("'kick', null, 'u1', null, null") == [u])
            #expect(try await announced("'kick', null, 'many', null, null") == ["session:*"])
            #expect(try await announced("'slow_mode', 5, null, null, 1") == ["session:*"])
            #expect(try await announced("'kick', null, 'nobody', null, null") == [])
        }
    }

    @Test(arguments: [
        ("mute(1, null, null)", "mute: user must not be null"), ("mute(1, '', null)", "mute: user must not be empty"),
        ("ban(1, 'a', null, '')", "ban: reason must not be empty"), ("kick(repeat('x', 1025))", "kick: user has 1025"),
        ("kick('a', actor => '')", "kick: actor must not be empty"), ("freeze(null, true)", "freeze: room must not"),
        ("freeze(1, null)", "freeze: on must not be null"), ("slow_mode(1, -1)", "slow_mode: seconds must be"),
        ("slow_mode(null, 1)", "slow_mode: room must not be null"),
    ])
    func refusesWrongArguments(call: String, error: String) async throws {
        try await withDatabase { _, sql in
            await #expect { try await sql.run("select \(call)") } throws: { "\($0)".contains(error) }
            let waiting = try await sql.run("select count(*) from inbox")
            #expect(waiting == ["0"])
        }
    }
}
