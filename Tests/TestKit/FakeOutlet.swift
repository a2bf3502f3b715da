public import Rooms
internal import Synchronization

/// An event loop's outlet without a loop: delivers at once, or as the test says.
public final class FakeOutlet: Outlet {
    private let held = Mutex<[(broadcast: Broadcast, members: [any Member])]?>(nil)

    /// An outlet that delivers at once.
    public init() {}

    /// Keeps broadcasts until `release`.
    public func hold() { held.withLock { $0 = $0 ?? [] } }

    /// Delivers what was kept, in the order that `arrange` gives, and from here on at once.
    public func release(
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
    public func deliver(_ broadcast: Broadcast, to members: [any Member]) {
        let isHeld = held.withLock { held in
            held?.append((broadcast, members))
            return held != nil
        }
        if !isHeld { for member in members { member.deliver(broadcast) } }
    }

    /// See `Outlet`.
    public func settle() async {}
}
