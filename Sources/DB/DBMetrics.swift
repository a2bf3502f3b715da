internal import Metrics

/// The metrics of this module, created once for each `Database`; swift-metrics records seconds as nanoseconds.
struct DBMetrics: Sendable {
    /// Time from the submission of a batch to its commit.
    let batchSeconds: Timer
    /// Messages in a stored batch.
    let batchMessages: Recorder
    /// Time of one statement on its connection.
    let querySeconds: Timer
    /// Urgent statements that found their queue of the pool full.
    let urgentFull: Counter
    /// Statements for pages of messages that found their queue of the pool full.
    let bulkFull: Counter
    /// Statements for pages of messages that waited because the maximum number of connections was reading pages.
    let bulkWaits: Counter
    /// Statements that were refused because no connection was available.
    let unavailable: Counter
    /// Connections that broke.
    let connectionsLost: Counter
    /// Connections that are open.
    let connectionsOpen: Meter
    /// Statements that reached their deadline.
    let deadlines: Counter
    /// Queries that looked up sessions.
    let lookupQueries: Counter
    /// Keys in one session query.
    let lookupKeys: Recorder
    /// Session lookups that found the queue full.
    let lookupsFull: Counter
    /// Answers about rooms whose numbers in the table `rooms` are out of range.
    let roomsOutOfRange: Counter
    /// Store events lost to a full queue and replaced by a resync.
    let eventsDropped: Counter

    /// Creates the metrics.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        batchSeconds = Timer(label: "roomcast_db_batch_seconds", factory: factory)
        batchMessages = Recorder(label: "roomcast_db_batch_messages", factory: factory)
        querySeconds = Timer(label: "roomcast_db_query_seconds", factory: factory)
        func poolFull(_ urgency: Urgency) -> Counter {
            Counter(
                label: "roomcast_db_pool_full_total", dimensions: [("class", urgency.rawValue)], factory: factory)
        }
        urgentFull = poolFull(.urgent)
        bulkFull = poolFull(.bulk)
        bulkWaits = Counter(label: "roomcast_db_bulk_waits_total", factory: factory)
        unavailable = Counter(label: "roomcast_db_unavailable_total", factory: factory)
        connectionsLost = Counter(label: "roomcast_db_connections_lost_total", factory: factory)
        connectionsOpen = Meter(label: "roomcast_db_connections_open", factory: factory)
        deadlines = Counter(label: "roomcast_db_deadlines_total", factory: factory)
        lookupQueries = Counter(label: "roomcast_db_session_queries_total", factory: factory)
        lookupKeys = Recorder(label: "roomcast_db_session_query_keys", factory: factory)
        lookupsFull = Counter(label: "roomcast_db_session_lookups_full_total", factory: factory)
        roomsOutOfRange = Counter(label: "roomcast_db_rooms_out_of_range_total", factory: factory)
        eventsDropped = Counter(label: "roomcast_db_events_dropped_total", factory: factory)
    }

    /// Statements of a class that found their queue of the pool full.
    func poolFull(_ urgency: Urgency) -> Counter { urgency == .urgent ? urgentFull : bulkFull }
}
