/// The class of a statement: each class has a queue of its own in the pool.
enum Urgency: String, Sendable, CaseIterable {
    /// Logins, revocation, the opening of rooms, news, doorbells and administration: served first.
    case urgent
    /// Pages of old messages, which may be many and large: served by all connections of a pool but one.
    case bulk
}
