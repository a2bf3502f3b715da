/// A client's request for earlier messages.
struct HistoryRequest {
    /// Only messages with smaller numbers; nil for the newest.
    let before: Int64?
    /// The most messages; nil for the server's default.
    let limit: Int?
}
