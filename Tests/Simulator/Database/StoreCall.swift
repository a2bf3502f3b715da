/// What a node asks of the store, as far as it matters to how that fares.
enum StoreCall: String, Sendable {
    case open
    case register
    case append
    case settle
    case read
    case drain
    case ring
    case session
}

/// How a call of the store fares.
enum CallFate: Sendable {
    case works
    /// Fails, and nothing was done.
    case lostBefore
    /// Is done, and the answer is lost.
    case lostAfter
    /// Fails, and is done only afterwards: the database goes on after its client has given up.
    case late(afterMicroseconds: Int64)
    /// Fails after a long time, whether it is done or not.
    case hangs(microseconds: Int64, works: Bool)
    /// Takes a long time.
    case slow(microseconds: Int64)
    /// Is done soon, and its answer lies unread for a long time: it may tell of what is over.
    case slowAnswer(microseconds: Int64)
}
