import Rooms
import TestKit
import Testing

@testable import DB

/// What was deleted, edited or pruned is in no table any more.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ErasureTests {
    @Test func erasedTextsAreInNoTable() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["vanish1", "vanish2", "vanish3", "shown"]], ids: ["vanish1": "k"]))
            try await database.change(
                .of(1, .edit(text: "vanish4"), id: "e"), .of(1, .edit(text: "vanish5")), .of(1, .delete),
                .of(2, .edit(text: "vanish6")), .of(2, .edit(text: "current")))
            try await sql.run(
                "select edit_message(1, 4, 'vanish7'), edit_message(1, 4, 'newest'), delete_message(1, 3)")
            _ = try await database.drainInbox(limit: 9, bytes: 999)
            let dump = try await sql.dump()
            #expect(!dump.contains("vanish"))
            #expect(dump.contains("current") && dump.contains("newest"))
            // A repeat brings nothing back.
            let again = try await database.append(.of([1: ["vanish1"]], ids: ["vanish1": "k"]))
            #expect(again.duplicates.count == 1)
            #expect(try await database.change(.of(1, .edit(text: "vanish4"), id: "e")) == [.repeated(seq: 5)])
            #expect(try await !sql.dump().contains("vanish"))
        }
    }

    @Test func pruneRemovesMessagesWithAllThatConcernsThem() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["pruned1", "pruned2", "three", "four"], 2: ["other"]]))
            try await database.change(
                .of(1, .edit(text: "pruned3")), .of(2, .react(emoji: "x", isOn: true)),
                .of(3, .react(emoji: "x", isOn: true)))
            try await database.change(.of(1, .edit(text: "OTHER")), in: 2)
            #expect(try await sql.run("select prune(1, 3)") == ["2"])
            #expect(try await !sql.dump().contains("pruned"))
            #expect(try await sql.run("select seq from log where room = 1 order by 1") == ["3", "4"])
            #expect(try await sql.run("select room, seq from changes order by 1, 2") == ["1|7", "2|2"])
            #expect(try await sql.run("select room, target from reactions") == ["1|3"])
            #expect(try await sql.run("select room, first_seq, last_seq from rooms order by 1") == ["1|3|7", "2|1|2"])
            #expect(try await database.openRoom(RoomID(1), recent: 9).span.firstSeq == 3)
            // Nothing goes back.
            #expect(try await sql.run("select prune(1, 2)") == ["0"])
            #expect(try await sql.run("select prune(1, -9223372036854775808)") == ["0"])
            #expect(try await sql.run("select first_seq from rooms where room = 1") == ["3"])
            // All of it.
            #expect(try await sql.run("select prune(1, 9223372036854775807)") == ["2"])
            #expect(try await sql.run("select first_seq from rooms where room = 1") == ["8"])
            #expect(try await sql.run("select prune(77, 5)") == ["0"])
            #expect(try await sql.run("select count(*) from rooms") == ["2"])
            #expect(try await database.append(.of([1: ["next"]])).bases == [7])
            #expect(try await database.page(of: 1).map(\.seq) == [8])
            for call in ["prune(null, 1)", "prune(1, null)"] {
                let failure = await #expect(throws: SQL.Failure.self) { try await sql.run("select \(call)") }
                #expect(failure?.description.contains("22023") == true)
            }
        }
    }

    @Test func pruneLeavesOtherRoomsAlone() async throws {
        let url = try await PostgresFixture.shared.database()
        try await withDatabase(url: url) { database, _ in
            _ = try await database.append(.of([1: ["a"], 2: ["b"]]))
            let other = try await PostgresConnection.open(ConnectionOptions(url: url, applicationName: "test"))
            _ = try await other.run(.once("begin"))
            _ = try await other.run(.once("select prune(1, 2)"))
            #expect(try await database.append(.of([2: ["c"]])).bases == [1])
            #expect(try await database.change(.of(1, .delete), in: 2) == [.stored(seq: 3)])
            #expect(try await database.page(of: 1).count == 1)
            _ = try await other.run(.once("commit"))
            await other.close()
            #expect(try await database.page(of: 1).isEmpty)
        }
    }
}
