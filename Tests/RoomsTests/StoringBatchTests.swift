internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct StoringBatchTests {
    private let alice = FakeMember("alice")
    private let chat = FakeChat()

    /// A batch of rooms with so many messages each; the texts count through the batch's groups.
    private func batch(_ sizes: [(room: Int32, count: Int)]) async throws -> StoringBatch {
        let texts = sizes.map { size in (size.room, (0..<size.count).map { "\(size.room).\($0)" }) }
        return try await chat.batch(of: alice, texts)
    }

    private func outcomes(of batch: StoringBatch, _ receipt: Receipt) -> [StoredBatch.Outcome] {
        let stored = StoredBatch(batch, receipt, askedAt: .now)
        var firstOrdinal = 0
        return batch.groups.indices.map { index in
            defer { firstOrdinal += batch.groups[index].entries.count }
            return stored.outcome(ofGroup: index, firstOrdinal: firstOrdinal)
        }
    }

    @Test func isNothingWithoutSubmissions() {
        #expect(StoringBatch([]) == nil)
    }

    @Test func listsItsRoomsInTheOrderOfTheirLocks() async throws {
        let batch = try await batch([(5, 1), (-3, 2), (0, 1), (5, 1)])
        #expect(batch.batch(BatchID(lane: .live, number: 1)).groups.map(\.room.rawValue) == [-3, 0, 5])
        #expect(batch.messageCount == 5)
    }

    @Test func halvesUntilOneMessageStandsAlone() async throws {
        let whole = try await batch([(1, 3), (2, 1), (3, 5)])
        var parts = [whole]
        var singles: [StoringBatch] = []
        while let part = parts.popLast() {
            let halves = part.halves()
            #expect(halves.isEmpty || halves.flatMap(\.texts) == part.texts)
            #expect(halves.allSatisfy { half in half.groups.allSatisfy { !$0.entries.isEmpty } })
            if halves.isEmpty { singles.insert(part, at: 0) } else { parts += halves }
        }
        #expect(singles.allSatisfy { $0.messageCount == 1 })
        #expect(singles.flatMap(\.texts) == whole.texts)
        #expect(singles.count == 9)
    }

    @Test func numbersWhatIsNewAndTellsWhatIsRepeated() async throws {
        let batch = try await batch([(1, 3), (2, 2), (3, 2)])
        let receipt = Receipt(
            time: Timestamp(microseconds: 0), bases: [10, 20, 30],
            duplicates: [
                .init(ordinal: 1, originalSeq: 4), .init(ordinal: 3, originalSeq: 7), .init(ordinal: 4, originalSeq: 9),
            ])
        let outcomes = outcomes(of: batch, receipt)
        #expect(outcomes.map(\.run.after) == [10, 20, 30])
        #expect(outcomes.map(\.run.through) == [12, 20, 32])
        #expect(outcomes[0].run.messages.map(\.seq) == [11, 12])
        #expect(outcomes[0].repeated.map(\.seq) == [4])
        #expect(outcomes[0].repeated.map(\.entry.draft.clientID) == ["c1"])
        #expect(outcomes[1].run.messages.isEmpty)
        #expect(outcomes[1].repeated.map(\.seq) == [7, 9])
        #expect(outcomes[2].run.messages.map(\.seq) == [31, 32])
        #expect(outcomes[2].repeated.isEmpty)
        let expected = StoredMessage(
            room: RoomID(3), seq: 32, time: receipt.time, user: "alice", text: "3.1", clientID: "c1")
        #expect(outcomes[2].run.messages[1] == EncodedMessage(expected))
    }

    @Test func showsTheRowsThatTheDatabaseMadeOfIt() async throws {
        let batch = try await batch([(1, 4), (2, 1)])
        let receipt = Receipt(
            time: Timestamp(microseconds: 0), bases: [10, 20], duplicates: [.init(ordinal: 0, originalSeq: 3)],
            changes: [.init(ordinal: 3, time: Timestamp(microseconds: 5_000_000), user: "bob", text: "****")],
            dropped: [2, 4])
        let outcomes = outcomes(of: batch, receipt)
        #expect(outcomes[0].run.messages.map(\.seq) == [11, 13])
        #expect(outcomes[0].run.through == 13)
        #expect(outcomes[0].dropped.map(\.draft.text) == ["1.2"])
        let changed = StoredMessage(
            room: RoomID(1), seq: 13, time: Timestamp(microseconds: 5_000_000), user: "bob", text: "****",
            clientID: "c3")
        #expect(outcomes[0].run.messages[1] == EncodedMessage(changed))
        #expect(outcomes[1].run == EncodedRun(after: 20, through: 21, messages: []))
        #expect(outcomes[1].dropped.map(\.draft.text) == ["2.0"])
    }

    /// Seed 7205: the answer to the first attempt was lost, and another process has deleted the message since.
    @Test func doesNotShowAMessageThatWasDeletedBeforeItsBatchWasRepeated() async throws {
        let batch = try await batch([(1, 2), (2, 1)])
        let receipt = Receipt(
            time: Timestamp(microseconds: 0), bases: [10, 20], duplicates: [],
            changes: [.init(ordinal: 1, time: Timestamp(microseconds: 0), user: "alice", text: "")])
        let outcomes = outcomes(of: batch, receipt)
        #expect(outcomes.map(\.isOutdated) == [true, false])
        #expect(outcomes[0].run.messages.map(\.seq) == [11])
        #expect(outcomes[0].run.through == 12)
        #expect(outcomes[0].repeated.map(\.seq) == [12])
        #expect(outcomes[0].dropped.isEmpty)
    }
}
