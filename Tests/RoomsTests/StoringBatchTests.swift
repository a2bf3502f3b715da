internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct StoringBatchTests {
    private let alice = FakeMember("alice")
    private let chat = FakeChat()

    /// A batch of rooms with so many messages each; the texts count through the batch's groups.
    private func batch(_ sizes: [(room: Int32, count: Int)]) async throws -> StoringBatch {
        var submissions: [DraftQueue.Submission] = []
        for (id, count) in sizes {
            let room = try await chat.directory.join(alice, room: RoomID(id), .history(0)).room
            let drafts = (0..<count).map { Draft(user: "alice", text: "\(id).\($0)", clientID: "c\($0)") }
            submissions.append(.init(room: room, sender: alice, drafts: drafts, receivedAt: .now))
        }
        return try #require(StoringBatch(submissions))
    }

    private func texts(_ batch: StoringBatch) -> [String] { batch.batch.groups.flatMap { $0.drafts.map(\.text) } }

    @Test func isNothingWithoutSubmissions() {
        #expect(StoringBatch([]) == nil)
    }

    @Test func listsItsRoomsInTheOrderOfTheirLocks() async throws {
        let batch = try await batch([(5, 1), (-3, 2), (0, 1), (5, 1)])
        #expect(batch.batch.groups.map(\.room.rawValue) == [-3, 0, 5])
        #expect(batch.batch.messageCount == 5)
        #expect(batch.groups.map(\.submissionCount) == [1, 1, 2])
    }

    @Test func halvesUntilOneMessageStandsAlone() async throws {
        let whole = try await batch([(1, 3), (2, 1), (3, 5)])
        var parts = [whole]
        var singles: [StoringBatch] = []
        while let part = parts.popLast() {
            let halves = part.halves()
            #expect(halves.isEmpty || halves.flatMap(texts) == texts(part))
            #expect(halves.allSatisfy { half in half.batch.groups.allSatisfy { !$0.drafts.isEmpty } })
            if halves.isEmpty { singles.insert(part, at: 0) } else { parts += halves }
        }
        #expect(singles.allSatisfy { $0.batch.messageCount == 1 })
        #expect(singles.flatMap(texts) == texts(whole))
        #expect(Set(singles.map(\.batch.id)).count == 9)
    }

    @Test func numbersWhatIsNewAndTellsWhatIsRepeated() async throws {
        let batch = try await batch([(1, 3), (2, 2), (3, 2)])
        let receipt = Receipt(
            time: Timestamp(microseconds: 0), bases: [10, 20, 30],
            duplicates: [
                .init(ordinal: 1, originalSeq: 4), .init(ordinal: 3, originalSeq: 7), .init(ordinal: 4, originalSeq: 9),
            ])
        func outcome(_ index: Int, _ first: Int) -> StoringBatch.Outcome {
            batch.outcome(
                ofGroup: index, firstOrdinal: first, receipt: receipt, time: receipt.time.iso8601Bytes)
        }
        #expect(outcome(0, 0).messages.map(\.seq) == [11, 12])
        #expect(outcome(0, 0).repeated.map(\.seq) == [4])
        #expect(outcome(0, 0).repeated.map(\.clientID) == ["c1"])
        #expect(outcome(1, 3).messages.isEmpty)
        #expect(outcome(1, 3).repeated.map(\.seq) == [7, 9])
        #expect(outcome(2, 5).messages.map(\.seq) == [31, 32])
        #expect(outcome(2, 5).repeated.isEmpty)
        let expected = StoredMessage(
            room: RoomID(3), seq: 32, time: receipt.time, user: "alice", text: "3.1", clientID: "c1")
        #expect(outcome(2, 5).messages[1] == EncodedMessage(expected))
    }
}
