internal import NIOCore
internal import NIOPosix
package import Rooms
internal import Synchronization

/// An outlet whose members need no event loop: delivers at once, or when the test requests it.
package final class FakeOutlet: Outlet {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let held = Mutex<[(broadcast: Broadcast, members: [any Member])]?>(nil)

    /// An outlet that delivers at once.
    package init() {}

    /// Holds broadcasts until `release`.
    package func hold() { held.withLock { $0 = $0 ?? [] } }

    /// Delivers the held broadcasts in the order that `arrange` returns; later ones are delivered at once.
    package func release(
        arrange: ([(broadcast: Broadcast, members: [any Member])]) -> [(broadcast: Broadcast, members: [any Member])] =
            {
                $0
            }
    ) {
        let kept = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for (broadcast, members) in arrange(kept) {
            for member in members { member.deliver(broadcast) }
        }
    }

    /// See `Outlet`.
    package var executor: any SerialExecutor { loop.executor }

    /// See `Outlet`.
    package func execute(_ turn: @escaping @Sendable () -> Void) { loop.execute(turn) }

    /// See `Outlet`.
    package func deliver(_ deliveries: [Delivery]) {
        let isHeld = held.withLock { held in
            held?.append(contentsOf: deliveries.map { ($0.broadcast, $0.members) })
            return held != nil
        }
        guard !isHeld else { return }
        for delivery in deliveries {
            for member in delivery.members { member.deliver(delivery.broadcast) }
        }
    }

    /// See `Outlet`.
    package func settle() async {
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
    }
}
