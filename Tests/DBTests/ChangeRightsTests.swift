import DB
import Rooms
import TestKit
import Testing

/// Who may change what, and for how long.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ChangeRightsTests {
    @Test func authorsAreKnownByTheirIdentity() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["of a guest"]], user: "ann"))
            _ = try await database.append(.of([1: ["of a person"]], user: "ann", identity: .userID("7")))
            func edit(_ target: Int64, _ user: String, _ identity: Identity) async throws -> ChangeReceipt.Outcome? {
                try await database.change(.of(target, .edit(text: "x"), by: user, identity: identity)).first
            }
            #expect(try await edit(1, "bob", .name("bob")) == .forbidden)
            #expect(try await edit(1, "ann", .userID("7")) == .forbidden)
            #expect(try await edit(1, "ann", .userID("ann")) == .forbidden)
            #expect(try await edit(1, "ann", .name("ann")) == .stored(seq: 3))
            // A guest who was renamed.
            #expect(try await edit(1, "Anna", .name("ann")) == .stored(seq: 4))
            #expect(try await edit(1, "ann", .name("first name")) == .stored(seq: 5))
            #expect(try await edit(2, "ann", .name("ann")) == .forbidden)
            #expect(try await edit(2, "7", .name("7")) == .forbidden)
            #expect(try await edit(2, "ann", .userID("8")) == .forbidden)
            #expect(try await edit(2, "Anna", .userID("7")) == .stored(seq: 6))
            #expect(try await database.change(.of(2, .delete, by: "root", isModerator: true)) == [.stored(seq: 7)])
        }
    }

    @Test func theTimeOfAuthorsIsTheMessagesAge() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            try await sql.run(#"update log set "time" = now() - interval '100 s'"#)
            func edit(_ window: Int?, _ isModerator: Bool = false) async throws -> [ChangeReceipt.Outcome] {
                try await database.change(
                    .of(1, .edit(text: "x"), isModerator: isModerator, window: window))
            }
            #expect(try await edit(99) == [.forbidden])
            #expect(try await edit(0) == [.forbidden])
            #expect(try await database.change(.of(1, .delete, window: 99)) == [.forbidden])
            #expect(try await edit(1000) == [.stored(seq: 2)])
            #expect(try await edit(nil) == [.stored(seq: 3)])
            #expect(try await edit(0, true) == [.stored(seq: 4)])
            // An edit does not begin the time again; a reaction has no end.
            #expect(try await edit(99) == [.forbidden])
            let reaction = ChangeDraft.of(1, .react(emoji: "x", isOn: true), by: "bob", window: 0)
            #expect(try await database.change(reaction) == [.stored(seq: 5)])
            try await sql.run(#"update log set "time" = 'infinity'"#)
            #expect(try await edit(0) == [.stored(seq: 6)])
        }
    }
}
