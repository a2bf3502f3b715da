import DB
import Rooms
import TestKit
import Testing

/// Ids of messages and of changes are of one kind; a batch of changes is carried out once.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ChangeIDTests {
    @Test func idsAreFoundInMessagesAndInChanges() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"], 2: ["a"]], ids: ["one": "m"]))
            let first = ChangeDraft.of(1, .edit(text: "ONE"), id: "c")
            #expect(try await database.change(first, first) == [.stored(seq: 3), .repeated(seq: 3)])
            // Whatever has become of the message.
            try await database.change(.of(1, .delete, id: "d"))
            #expect(
                try await database.change(first, .of(1, .delete, id: "d"), .of(2, .edit(text: "x"), id: "m")) == [
                    .repeated(seq: 3), .repeated(seq: 4), .repeated(seq: 1),
                ])
            #expect(try await database.change(.of(1, .edit(text: "A"), id: "c"), in: 2) == [.stored(seq: 2)])
            #expect(
                try await database.change(.of(2, .react(emoji: "x", isOn: true), by: "bob", id: "c")) == [
                    .stored(seq: 5)
                ])
            // What was refused is no repeat later.
            #expect(try await database.change(.of(2, .delete, by: "bob", id: "r")) == [.forbidden])
            #expect(
                try await database.change(.of(2, .delete, by: "bob", isModerator: true, id: "r")) == [.stored(seq: 6)])
            // A message with the id of a change.
            let receipt = try await database.append(
                .of([1: ["new", "repeat of a change", "again"]], ids: ["repeat of a change": "c", "again": "d"]))
            #expect(receipt.bases == [6])
            #expect(receipt.duplicates == [.init(ordinal: 1, originalSeq: 3), .init(ordinal: 2, originalSeq: 4)])
            #expect(try await sql.run("select count(*) from log where room = 1") == ["3"])
        }
    }

    @Test func idsAreThoseOfThePerson() async throws {
        try await withDatabase { database, _ in
            _ = try await database.append(.of([1: ["one"]], user: "ann", identity: .userID("7"), ids: ["one": "k"]))
            func react(_ user: String, _ identity: Identity) async throws -> ChangeReceipt.Outcome? {
                let action = ChangeDraft.Action.react(emoji: "x", isOn: true)
                return try await database.change(.of(1, action, by: user, identity: identity, id: "k")).first
            }
            #expect(try await react("Anna", .userID("7")) == .repeated(seq: 1))
            #expect(try await react("ann", .name("ann")) == .stored(seq: 2))
            #expect(try await react("new name", .name("ann")) == .repeated(seq: 2))
            #expect(try await react("7", .name("7")) == .stored(seq: 3))
        }
    }

    @Test func repeatedBatchGetsItsReceiptAgain() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one", "two"]]))
            let batch = ChangeBatch.of([
                .of(1, .edit(text: "ONE")), .of(2, .react(emoji: "x", isOn: true)), .of(9, .delete),
                .of(2, .react(emoji: "y", isOn: false)), .of(1, .delete, by: "bob"),
            ])
            let receipt = try await database.change(batch)
            #expect(
                receipt.outcomes == [.stored(seq: 3), .stored(seq: 4), .notFound, .done, .forbidden])
            #expect(try await database.change(batch) == receipt)
            #expect(try await sql.run("select last_seq from rooms") == ["4"])
            try await database.change(.of(1, .delete))
            await #expect(throws: StoreError.rejected(code: "55000", detail: "")) { try await database.change(batch) }
        }
    }

    @Test func forgottenWriterIsToldAndGoesOnUnderAnotherName() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            let batch = ChangeBatch.of([.of(1, .edit(text: "ONE"))])
            _ = try await database.change(batch)
            try await sql.run("delete from log_writers")
            await #expect(throws: StoreError.forgotten) { try await database.change(batch) }
            #expect(try await sql.run("select count(*) from changes") == ["1"])
            #expect(try await database.change(.of(1, .delete)) == [.stored(seq: 3)])
            // Messages are stored under names of their own.
            await #expect(throws: StoreError.forgotten) { _ = try await database.append(.of([1: ["two"]])) }
            #expect(try await database.append(.of([1: ["two"]])).bases == [3])
            #expect(try await sql.run("select count(*) from log_writers") == ["2"])
        }
    }

    @Test func repliesAreStoredWithTheirMessages() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["one"]]))
            let drafts = [
                Draft(user: "ann", text: "a", clientID: nil, replyTo: 1), Draft(user: "ann", text: "b", clientID: "k"),
                Draft(user: "ann", text: "b", clientID: "k", replyTo: 1),
                Draft(user: "ann", text: "c", clientID: nil, identity: .userID("7"), replyTo: 2),
            ]
            let batch = Batch(id: .next(), groups: [.init(room: RoomID(1), drafts: drafts)])
            #expect(try await database.append(batch).duplicates.map(\.ordinal) == [2])
            #expect(
                try await sql.run("select message, reply_to, client_id, user_id from log order by seq") == [
                    "one|||", "a|1||", "b||k|", "c|2||7",
                ])
            #expect(try await database.page(of: 1).map(\.replyTo) == [nil, 1, nil, 2])
        }
    }
}
