/// The kinds of store calls, as far as they matter to the outcome of a call.
enum StoreCall: String, Sendable {
    case open
    case register
    case append
    case change
    case settle
    case read
    case drain
    case ring
    case session
}

/// The outcome of a store call.
enum CallFate: Sendable {
    case works
    /// Fails before it takes effect.
    case lostBefore
    /// Takes effect, and the answer is lost.
    case lostAfter
    /// Fails, and takes effect only afterwards: the database continues after its client has given up.
    case late(afterMicroseconds: Int64)
    /// Fails after a long time, whether it takes effect or not.
    case hangs(microseconds: Int64, works: Bool)
    /// Takes a long time.
    case slow(microseconds: Int64)
    /// Takes effect soon, but its answer is delayed for a long time and may be out of date.
    case slowAnswer(microseconds: Int64)
}
