internal import Metrics

/// The metrics of this module, made once for each `Database`; seconds are recorded as nanoseconds by swift-metrics.
struct DBMetrics: Sendable {
    /// Time from handing over a batch to its commit.
    let batchSeconds = Timer(label: "roomcast_db_batch_seconds")
    /// Messages in a stored batch.
    let batchMessages = Recorder(label: "roomcast_db_batch_messages")
    /// Time of one statement on its connection.
    let querySeconds = Timer(label: "roomcast_db_query_seconds")
    /// Statements that found the pool's queue full.
    let poolFull = Counter(label: "roomcast_db_pool_full_total")
    /// Statements that were refused because no connection was there.
    let unavailable = Counter(label: "roomcast_db_unavailable_total")
    /// Connections that broke.
    let connectionsLost = Counter(label: "roomcast_db_connections_lost_total")
    /// Connections that are open.
    let connectionsOpen = Meter(label: "roomcast_db_connections_open")
    /// Statements that ran into their deadline.
    let deadlines = Counter(label: "roomcast_db_deadlines_total")
    /// Queries that looked up sessions.
    let lookupQueries = Counter(label: "roomcast_db_session_queries_total")
    /// Keys in one session query.
    let lookupKeys = Recorder(label: "roomcast_db_session_query_keys")
    /// Session lookups that found the queue full.
    let lookupsFull = Counter(label: "roomcast_db_session_lookups_full_total")
    /// Store events lost to a full queue and replaced by a resync.
    let eventsDropped = Counter(label: "roomcast_db_events_dropped_total")
}
