public import CoreMetrics

/// The metrics of the core; created once, at start.
public struct RoomMetrics: Sendable {
    /// Messages committed and numbered.
    public let messagesStored: Counter
    /// Messages refused: queue full.
    public let messagesUnavailable: Counter
    /// Messages that the database refused.
    public let messagesNotStored: Counter
    /// Batches that the database did not finish in time.
    public let batchesTimedOut: Counter
    /// Rooms in the slow lane.
    public let slowRooms: Gauge
    /// Messages of the inbox that were stored or rejected.
    public let inboxMessages: Counter
    /// Changes of messages by members that were stored.
    public let changesStored: Counter
    /// Changes of messages refused: queue full.
    public let changesUnavailable: Counter
    /// Seconds from passing a batch to the store until its commit.
    public let commitSeconds: Timer
    /// Messages in a committed batch.
    public let batchMessages: Recorder
    /// Messages waiting to be stored.
    public let queueMessages: Gauge
    /// Bytes of text waiting to be stored.
    public let queueBytes: Gauge
    /// Rooms in memory in this process.
    public let rooms: Gauge
    /// Pages read from the store because a member's cursor was older than the messages in memory.
    public let pagesFromStore: Counter
    /// Times that a room found messages missing.
    public let gaps: Counter
    /// Repeated sends refused because too many waited to be read from the store.
    public let repeatsFull: Counter
    /// Notifications sent to other processes.
    public let doorbells: Counter
    /// Notifications that had too many rooms to list.
    public let doorbellsFull: Counter
    /// Queries for messages that rooms had missed, each for all waiting rooms.
    public let catchUps: Counter
    /// Times that rooms had to start over because the log's past had changed.
    public let roomsRestarted: Counter
    /// Logins that looked their session up again because it may have changed since.
    public let sessionsLookedUpAgain: Counter
    /// Session changes dropped because too many came; logins in progress look their session up again.
    public let sessionChangesForgotten: Counter
    /// Joins refused because too many rooms were in memory.
    public let roomsRefused: Counter

    /// Registers the metrics with a factory.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        messagesStored = Counter(label: "roomcast_messages_stored_total", dimensions: [], factory: factory)
        messagesUnavailable = Counter(label: "roomcast_messages_unavailable_total", dimensions: [], factory: factory)
        messagesNotStored = Counter(label: "roomcast_messages_not_stored_total", dimensions: [], factory: factory)
        batchesTimedOut = Counter(label: "roomcast_batches_timed_out_total", dimensions: [], factory: factory)
        slowRooms = Gauge(label: "roomcast_slow_rooms", dimensions: [], factory: factory)
        inboxMessages = Counter(label: "roomcast_inbox_messages_total", dimensions: [], factory: factory)
        changesStored = Counter(label: "roomcast_changes_stored_total", dimensions: [], factory: factory)
        changesUnavailable = Counter(label: "roomcast_changes_unavailable_total", dimensions: [], factory: factory)
        commitSeconds = Timer(label: "roomcast_commit_seconds", dimensions: [], factory: factory)
        batchMessages = Recorder(
            label: "roomcast_batch_messages", dimensions: [], aggregate: true, factory: factory)
        queueMessages = Gauge(label: "roomcast_log_queue_messages", dimensions: [], factory: factory)
        queueBytes = Gauge(label: "roomcast_log_queue_bytes", dimensions: [], factory: factory)
        rooms = Gauge(label: "roomcast_rooms", dimensions: [], factory: factory)
        pagesFromStore = Counter(label: "roomcast_pages_from_store_total", dimensions: [], factory: factory)
        gaps = Counter(label: "roomcast_gaps_total", dimensions: [], factory: factory)
        repeatsFull = Counter(label: "roomcast_repeats_full_total", dimensions: [], factory: factory)
        doorbells = Counter(label: "roomcast_doorbells_total", dimensions: [], factory: factory)
        doorbellsFull = Counter(label: "roomcast_doorbells_full_total", dimensions: [], factory: factory)
        catchUps = Counter(label: "roomcast_catch_ups_total", dimensions: [], factory: factory)
        roomsRestarted = Counter(label: "roomcast_rooms_restarted_total", dimensions: [], factory: factory)
        sessionsLookedUpAgain = Counter(
            label: "roomcast_sessions_looked_up_again_total", dimensions: [], factory: factory)
        sessionChangesForgotten = Counter(
            label: "roomcast_session_changes_forgotten_total", dimensions: [], factory: factory)
        roomsRefused = Counter(label: "roomcast_rooms_refused_total", dimensions: [], factory: factory)
    }
}
