internal import Metrics
internal import Rooms

/// The bounded queue of store events: when it overflows, the dropped events are replaced by `resync`.
struct StoreEventQueue: Sendable {
    /// The events, for one reader.
    let events: AsyncStream<StoreEvent>
    private let continuation: AsyncStream<StoreEvent>.Continuation
    private let metrics: DBMetrics

    /// An empty queue.
    init(limit: Int = DBLimits.storeEventsMax, metrics: DBMetrics) {
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(limit))
        self.metrics = metrics
    }

    /// Adds an event; never waits.
    func add(_ event: StoreEvent) {
        guard case .dropped = continuation.yield(event) else { return }
        metrics.eventsDropped.increment()
        // It replaces one more event, which the resync covers as well.
        continuation.yield(.resync)
    }
}
