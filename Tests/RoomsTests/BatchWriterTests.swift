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

    @Test func storesNothingBeforeEarlierMessagesOfTheRoomThatTimedOut() async throws {
        let batch = try await chat.batch(
            of: alice, [(1, [FakeStore.slow, "a", FakeStore.poison, "b"]), (2, ["c", "d", "e", "f"])])
        let outcome = await writer().store(batch)
        #expect(outcome.timedOut.flatMap(\.texts) == [FakeStore.slow, "a", FakeStore.poison, "b"])
        #expect(outcome.refused.isEmpty)
        #expect(chat.store.log(RoomID(1)).isEmpty)
        #expect(chat.store.log(RoomID(2)).map(\.text) == ["c", "d", "e", "f"])
    }

    @Test func refusesOnlyTheMessageThatTheDatabaseRejects() async throws {
        let batch = try await chat.batch(of: alice, [(1, ["a", FakeStore.poison, "b"])])
        let outcome = await writer().store(batch)
        #expect(outcome.refused.flatMap(\.texts) == [FakeStore.poison])
        #expect(outcome.timedOut.isEmpty)
        #expect(chat.store.log(RoomID(1)).map(\.text) == ["a", "b"])
    }
}
