import DB
import Rooms
import TestKit
import Testing

/// What a process of version 0.1.0 calls during a rolling restart works on.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ReleasedVersionTests {
    private func storeBatch(_ batch: String, text: String, id: String = "null") -> String {
        """
        select bases, duplicate_seqs from store_batch('\(batch)'::uuid, array[1], array[1], array[1], array[1],
            array['ann'], array['\(text)'], case when \(id) is not null then array[\(id)::text] end)
        """
    }

    @Test func storesAndReadsBesideTheNewVersion() async throws {
        try await withDatabase { database, sql in
            let batch = "00000000-0000-4000-8000-000000000001"
            #expect(try await sql.run(storeBatch(batch, text: "old")) == ["{0}|{}"])
            #expect(try await sql.run(storeBatch(batch, text: "old")) == ["{0}|{}"])
            #expect(try await database.append(.of([1: ["new"]])).bases == [1])
            #expect(
                try await sql.run("select last_seq, seq, message from open_room(1, 9)") == ["2|1|old", "2|2|new"])
            #expect(
                try await sql.run("select last_seq, seq from room_news(array[1], array[1::bigint], 9, 999)") == ["2|2"])
            #expect(try await sql.run("select seq from messages_after(1, 0, 2, 9, 999)") == ["1", "2"])
            try await sql.run("select new_message(1, null, 'SQL', 'said')")
            #expect(try await sql.run("select seq, message from drain_inbox(9)") == ["3|said"])
            #expect(try await sql.run("select forget_batches('-1 hour', 9)") == ["1"])
        }
    }

    @Test func bothVersionsFindEachOthersIDs() async throws {
        try await withDatabase { database, sql in
            _ = try await database.append(.of([1: ["new"]], ids: ["new": "k1"]))
            let batch = "00000000-0000-4000-8000-00000000000"
            #expect(try await sql.run(storeBatch(batch + "1", text: "new", id: "'k1'")) == ["{1}|{1}"])
            #expect(try await sql.run(storeBatch(batch + "2", text: "old", id: "'k2'")) == ["{1}|{}"])
            let again = try await database.append(.of([1: ["old"]], ids: ["old": "k2"]))
            #expect(again.duplicates == [.init(ordinal: 0, originalSeq: 2)])
        }
    }
}
