/// The names of the metrics that the stats line reads; the modules that measure use the same.
enum MetricName {
    static let connections = "roomcast_connections"
    static let rooms = "roomcast_rooms"
    static let messagesStored = "roomcast_messages_stored_total"
    static let deliveries = "roomcast_deliveries_total"
    static let commitSeconds = "roomcast_commit_seconds"
    static let deliverySeconds = "roomcast_delivery_seconds"
    static let queueMessages = "roomcast_log_queue_messages"
    static let queueBytes = "roomcast_log_queue_bytes"
}
