import DB
import Rooms
import TestKit
import Testing

/// Hashed keys, people with a `user_id`, and which changes of sessions are announced.
@Suite(.timeLimit(.minutes(2)))
struct SessionChangeTests {
    // SHA-256 of "secret".
    private static let digest = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

    @Test func aHashedKeyIsPresentedAsItself() async throws {
        try await withDatabase { database, sql in
            let hashed = "sha256:\(Self.digest)"
            try await sql.run(
                """
                insert into sessions values ('\(hashed)', 'Ann', 0), ('sha256:\(Self.digest.uppercased())', 'upper', 0),
                    ('sha256:ab', 'short', 0), ('\(Self.digest)', 'Digest', 0), ('plain', 'Bob', 0);
                """)
            let session = try await database.session(key: "secret")
            #expect(session?.userName == "Ann")
            #expect(session?.fingerprint == Self.digest)
            #expect(try await database.refresh(fingerprints: [Self.digest])[Self.digest] == session)
            #expect(try await database.session(key: Self.digest)?.userName == "Digest")
            #expect(try await database.session(key: "plain")?.userName == "Bob")
            // What a stolen database holds lets nobody in.
            for key in [hashed, "sha256:\(Self.digest.uppercased())", "sha256:ab", "sha256:"] {
                #expect(try await database.session(key: key) == nil, "\(key)")
            }
            #expect(try await database.revokeSession("secret") == .revoked)
            #expect(try await database.session(key: "secret") == nil)
        }
    }

    @Test func theCommandStoresAHash() async throws {
        try await withDatabase { database, sql in
            try await database.createSession(key: "secret", userName: "Ann", room: RoomID(0), isHashed: true)
            #expect(try await sql.run("select session_key from sessions") == ["sha256:\(Self.digest)"])
            #expect(try await database.session(key: "secret")?.userName == "Ann")
            #expect(try await database.listSessions().map(\.session.fingerprint) == [Self.digest])
        }
    }

    @Test func whatNoLiveConnectionNeedsIsNotAnnounced() async throws {
        try await withDatabase { database, sql in
            var events = database.events.makeAsyncIterator()
            #expect(await events.next() == .resync)
            try await sql.run("insert into sessions (session_key, user_name, chat_room) values ('1', 'Ann', 0)")
            let fingerprint = try #require(try await database.session(key: "1")?.fingerprint)
            let silent = ["session_key = session_key, role = role", "created_at = now()"]
            let told = [
                "user_name = 'Anna'", "role = 'reader'", "chat_room = 2", "user_id = '7'", "user_id = null",
                "expires_at = now() + interval '1 hour'", "session_key = '2'",
            ]
            for change in told {
                for each in silent { try await sql.run("update sessions set \(each)") }
                try await sql.run("update sessions set \(change)")
                #expect(await events.next() == .sessionChanged(fingerprint: fingerprint), "\(change)")
            }
            // A later end is found by the look at the session before it would close.
            try await sql.run("update sessions set expires_at = expires_at + interval '1 hour'")
            try await sql.run("update sessions set expires_at = null; select new_message(0, null, 'a', 'b')")
            #expect(await events.next() == .inbox)
        }
    }

    @Test func manyChangesInOneTransactionAreOneCall() async throws {
        try await withDatabase { _, sql in
            try await sql.run("insert into sessions select n::text, 'u', 1 from generate_series(1, 1500) n")
            let all = try await sql.run("listen chat; update sessions set chat_room = 2")
            #expect(all.count { $0.contains("session:") } == 1001)
            #expect(all.count { $0.contains("session:*") } == 1)
            // The count is of one transaction.
            let one = try await sql.run(
                "listen chat; begin; update sessions set chat_room = 3; rollback; update sessions set role = 'reader'")
            #expect(one.count { $0.contains("session:") } == 1001)
        }
    }

    @Test func theUserIDDecidesWhoSomebodyIs() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                """
                insert into sessions (session_key, user_name, chat_room, user_id)
                    values ('1', 'Ann', 0, '7'), ('2', 'Ann', 0, '8'), ('3', 'Ann', 0, null), ('4', '7', 0, null)
                """)
            let identities = [Identity.userID("7"), .userID("8"), .name("Ann"), .name("7")]
            for (key, identity) in zip(["1", "2", "3", "4"], identities) {
                #expect(try await database.session(key: key)?.identity == identity)
            }
            try await sql.run("update sessions set user_name = 'Anna' where session_key = '1'")
            #expect(try await database.session(key: "1")?.identity == .userID("7"))
            // One id is another message for each person, and the same one after a change of name.
            for (place, identity) in identities.enumerated() {
                let name = if case .name(let name) = identity { name } else { "Ann" }
                let receipt = try await database.append(
                    .of([0: ["a"]], user: name, identity: identity, ids: ["a": "k"]))
                #expect(receipt.bases == [Int64(place)] && receipt.duplicates.isEmpty)
            }
            let again = try await database.append(
                .of([0: ["a"]], user: "Anna", identity: .userID("8"), ids: ["a": "k"]))
            #expect(again.duplicates == [.init(ordinal: 0, originalSeq: 2)])
            _ = try await database.append(.of([0: ["without an id"]], user: "Ann", identity: .userID("7")))
            let expected = ["7", "8", nil, nil, "7"]
            #expect(try await database.page(of: 0).map(\.userID) == expected)
            #expect(try await database.openRoom(RoomID(0), recent: 9).recent.map(\.userID) == expected)
            #expect(
                try await database.history(in: RoomID(0), before: 99, limit: 9, bytes: 999, view: .changes).messages
                    .map(\.userID)
                    == expected)
            let known = [RoomSpan(room: RoomID(0), firstSeq: 1, lastSeq: 0)]
            let news = try await database.news(after: known, limit: 9, bytes: 999)
            #expect(news.first?.run.messages.map(\.userID) == expected)
        }
    }

    @Test func aTriggerMayChangeTheUserID() async throws {
        try await withDatabase { database, sql in
            try await sql.run(
                logTrigger("before insert", "new.user_id := nullif('u' || new.message, 'ub'); return new;"))
            let receipt = try await database.append(.of([0: ["a", "b"]], identity: .userID("7")))
            #expect(receipt.changes.map(\.userID) == ["ua", nil])
            #expect(try await database.page(of: 0).map(\.userID) == ["ua", nil])
        }
    }
}
