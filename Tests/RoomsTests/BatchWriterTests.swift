internal import Logging
internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct BatchWriterTests {
    private let alice = FakeMember("alice")
    private let chat = FakeChat()

    private func writer() -> BatchWriter {
        BatchWriter(
            lane: .live, store: chat.store, metrics: RoomMetrics(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), clock: ContinuousClock())
    }

    private func batch(_ texts: [(room: Int32, texts: [String])]) async throws -> StoringBatch {
        var submissions: [DraftQueue.Submission] = []
        for (id, texts) in texts {
            let room = try await chat.directory.join(alice, room: RoomID(id), .history(0)).room
            let drafts = texts.map { Draft(user: "alice", text: $0, clientID: nil) }
            submissions.append(.init(room: room, sender: alice, drafts: drafts, receivedAt: .now))
        }
        return try #require(StoringBatch(submissions))
    }

    private func texts(_ batches: [StoringBatch]) -> [String] {
        batches.flatMap { $0.groups.flatMap { $0.entries.map(\.draft.text) } }
    }

    @Test func storesNothingBeforeEarlierMessagesOfTheRoomThatTimedOut() async throws {
        let batch = try await batch([(1, [FakeStore.slow, "a", FakeStore.poison, "b"]), (2, ["c", "d", "e", "f"])])
        let outcome = await writer().store(batch)
        #expect(texts(outcome.timedOut) == [FakeStore.slow, "a", FakeStore.poison, "b"])
        #expect(outcome.refused.isEmpty)
        #expect(chat.store.log(RoomID(1)).isEmpty)
        #expect(chat.store.log(RoomID(2)).map(\.text) == ["c", "d", "e", "f"])
    }

    @Test func refusesOnlyTheMessageThatTheDatabaseRejects() async throws {
        let batch = try await batch([(1, ["a", FakeStore.poison, "b"])])
        let outcome = await writer().store(batch)
        #expect(texts(outcome.refused) == [FakeStore.poison])
        #expect(outcome.timedOut.isEmpty)
        #expect(chat.store.log(RoomID(1)).map(\.text) == ["a", "b"])
    }
}
