internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Rooms

/// Waiting for the event loops.
@Suite struct PublisherTests {
    /// A loop that counts the broadcasts that it must still deliver.
    private final class CountingOutlet: Outlet {
        let waiting = Atomic(0)
        private let turn: @Sendable () -> Void

        /// `turn` runs before the answer to `settle`, as a turn that was queued earlier.
        init(turn: @escaping @Sendable () -> Void = {}) { self.turn = turn }

        var executor: any SerialExecutor { FakeOutlet().executor }
        func execute(_ turn: @escaping @Sendable () -> Void) { turn() }
        func deliver(_ deliveries: [Delivery]) { waiting.add(deliveries.count, ordering: .relaxed) }

        func settle() async {
            turn()
            waiting.store(0, ordering: .relaxed)
        }
    }

    private func publisher(_ outlets: [any Outlet]) -> Publisher {
        let (limits, metrics) = (RoomLimits.test, RoomMetrics())
        let queue = MessageQueue(limits: limits, metrics: metrics)
        return Publisher(
            queue: queue,
            doorbell: Doorbell(store: FakeStore(), limits: limits, metrics: metrics, clock: ContinuousClock()),
            repeats: RepeatedSends(queue: queue, limits: limits, metrics: metrics), outlets: outlets, metrics: metrics)
    }

    @Test func waitsForALoopThatReceivesBroadcastsWhileItWaitsForAnother() async throws {
        let run = EncodedRun(after: 0, through: 1, messages: [EncodedMessage(seq: 1, json: Array("{}".utf8))])
        let broadcast = try #require(Broadcast(run, in: RoomID(0), receivedAt: nil))
        let first = CountingOutlet()
        let isFirstTurn = Atomic(true)
        let second = CountingOutlet {
            guard isFirstTurn.exchange(false, ordering: .relaxed) else { return }
            first.deliver([Delivery(broadcast: broadcast, members: [])])
        }
        await publisher([first, second]).settle()
        let (hasRun, waiting) = (!isFirstTurn.load(ordering: .relaxed), first.waiting.load(ordering: .relaxed))
        #expect(hasRun)
        #expect(waiting == 0)
    }
}
