internal import DequeModule

/// Who waits and which connections are free: a pool without its connections.
///
/// A slot is one connection of the pool, over all its lives. While no slot is open or about to be (its first attempt
/// after a loss), requests are refused at once: the caller knows better than a queue what to do meanwhile.
struct PoolStateMachine<Request> {
    /// What became of a request.
    enum Submission: Equatable {
        /// It waits; the slot is to be woken, if one was idle.
        case queued(wake: Int?)
        /// As many as may wait are waiting.
        case full
        /// There is no connection, or the pool has ended.
        case away
    }

    private enum Slot {
        case connecting
        case idle
        case working
        case away
    }

    private var slots: [Slot]
    private var waiting: Deque<Request> = []
    private var hasEnded = false
    private let waitersMax: Int

    /// A pool of `size` slots that are about to connect.
    init(size: Int, waitersMax: Int) {
        slots = Array(repeating: .connecting, count: size)
        self.waitersMax = waitersMax
    }

    /// How many slots are connected.
    var openCount: Int { slots.count { $0 == .idle || $0 == .working } }

    /// How many requests wait.
    var waitingCount: Int { waiting.count }

    /// Takes a request in.
    mutating func submit(_ request: Request) -> Submission {
        guard !hasEnded, slots.contains(where: { $0 != .away }) else { return .away }
        guard waiting.count < waitersMax else { return .full }
        waiting.append(request)
        guard let idle = slots.firstIndex(of: .idle) else { return .queued(wake: nil) }
        slots[idle] = .working
        return .queued(wake: idle)
    }

    /// The next request for a connected slot; nil leaves it idle, to be woken by `submit`.
    mutating func next(for slot: Int) -> Request? {
        let request = waiting.popFirst()
        slots[slot] = request == nil ? .idle : .working
        return request
    }

    /// An idle slot is about to be tried, so that requests go elsewhere meanwhile; false when it has been given work.
    mutating func startProbe(of slot: Int) -> Bool {
        guard slots[slot] == .idle else { return false }
        slots[slot] = .working
        return true
    }

    /// Puts a request back whose connection was lost: it has waited, so it is the first again. Returns it when it
    /// cannot wait any more.
    mutating func giveBack(_ request: Request) -> Request? {
        guard !hasEnded, slots.contains(where: { $0 != .away }) else { return request }
        waiting.prepend(request)
        return nil
    }

    /// A slot lost its connection and tries to get another.
    mutating func lost(_ slot: Int) { slots[slot] = .connecting }

    /// A slot failed to connect; returns the requests to be refused: all, when it was the last hope.
    mutating func failed(_ slot: Int) -> [Request] {
        slots[slot] = .away
        return slots.allSatisfy { $0 == .away } ? takeAll() : []
    }

    /// Nobody serves any more; returns the requests to be refused.
    mutating func end() -> [Request] {
        hasEnded = true
        return takeAll()
    }

    private mutating func takeAll() -> [Request] {
        defer { waiting.removeAll() }
        return Array(waiting)
    }
}
