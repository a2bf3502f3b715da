internal import DequeModule

/// The state of a pool without its connections: which requests wait and which connections are free.
///
/// A slot is one connection of the pool, including its reconnects. While no slot is open or makes its first attempt
/// after a loss, requests are refused at once: the caller knows better than a queue what to do meanwhile.
///
/// Urgent requests are served first. Bulk requests are served by all open slots but one, so that an urgent request
/// waits at most for another urgent one. If only one slot is open, it serves both classes.
struct PoolStateMachine<Request> {
    /// How many requests of each class may wait, and how many slots work on bulk.
    struct Limits {
        /// Urgent requests that wait.
        var urgentWaitersMax: Int
        /// Bulk requests that wait.
        var bulkWaitersMax: Int
        /// Slots that work on bulk at once.
        var bulkMax: Int
    }

    /// The result of a submission.
    enum Submission: Equatable {
        /// The request waits; `wake()` returns the slot to wake.
        case queued
        /// A bulk request that waits although a slot may be free: the maximum number of slots works on bulk.
        case queuedAtCap
        /// The queue of its class is full.
        case full
        /// There is no connection, or the pool has ended.
        case away
    }

    private enum Slot: Equatable {
        case connecting
        case idle
        /// It was idle and was woken to call `next(for:)`.
        case woken
        case probing
        case working(Urgency)
        case away

        var isOpen: Bool {
            switch self {
            case .idle, .woken, .probing, .working: true
            case .connecting, .away: false
            }
        }
    }

    private var slots: [Slot]
    private var urgent: Deque<Request> = []
    private var bulk: Deque<Request> = []
    private var hasEnded = false
    private let limits: Limits

    /// A pool of `size` slots that are about to connect.
    init(size: Int, limits: Limits) {
        slots = Array(repeating: .connecting, count: size)
        self.limits = limits
    }

    /// How many slots are connected.
    var openCount: Int { slots.count { $0.isOpen } }

    /// How many requests of a class wait.
    func waitingCount(_ urgency: Urgency) -> Int { urgency == .urgent ? urgent.count : bulk.count }

    /// Adds a request to its queue, if it can be served.
    mutating func submit(_ request: Request, as urgency: Urgency) -> Submission {
        guard hasHope else { return .away }
        switch urgency {
        case .urgent:
            guard urgent.count < limits.urgentWaitersMax else { return .full }
            urgent.append(request)
            return .queued
        case .bulk:
            guard bulk.count < limits.bulkWaitersMax else { return .full }
            bulk.append(request)
            return bulk.count <= bulkRoom ? .queued : .queuedAtCap
        }
    }

    /// An idle slot that must call `next(for:)`; nil if each request that may be served now has a slot.
    ///
    /// Call it after every change until it returns nil.
    mutating func wake() -> Int? {
        guard let idle = slots.firstIndex(of: .idle) else { return nil }
        let servable = urgent.count + min(bulk.count, bulkRoom)
        guard servable > slots.count(where: { $0 == .woken }) else { return nil }
        slots[idle] = .woken
        return idle
    }

    /// The next request for a connected slot; if nil, the slot is idle until `wake()` returns it.
    mutating func next(for slot: Int) -> Request? {
        slots[slot] = .idle
        if let request = urgent.popFirst() {
            slots[slot] = .working(.urgent)
            return request
        }
        guard bulkRoom > 0, let request = bulk.popFirst() else { return nil }
        slots[slot] = .working(.bulk)
        return request
    }

    /// Marks an idle slot as being probed, so that requests go to other slots; returns false if it has been given work.
    mutating func startProbe(of slot: Int) -> Bool {
        guard slots[slot] == .idle else { return false }
        slots[slot] = .probing
        return true
    }

    /// Puts back a request whose connection was lost, as the first of its class, because it has waited already. Returns
    /// the request if it cannot wait any more.
    mutating func giveBack(_ request: Request, as urgency: Urgency) -> Request? {
        guard hasHope else { return request }
        switch urgency {
        case .urgent: urgent.prepend(request)
        case .bulk: bulk.prepend(request)
        }
        return nil
    }

    /// Notes that a slot lost its connection and reconnects.
    mutating func lost(_ slot: Int) { slots[slot] = .connecting }

    /// Notes that a slot failed to connect; returns the requests to refuse: all, if no slot is open or connecting.
    mutating func failed(_ slot: Int) -> [Request] {
        slots[slot] = .away
        return slots.allSatisfy { $0 == .away } ? takeAll() : []
    }

    /// Ends the pool; returns the requests to refuse.
    mutating func end() -> [Request] {
        hasEnded = true
        return takeAll()
    }

    private var hasHope: Bool { !hasEnded && slots.contains { $0 != .away } }

    /// How many more slots may work on bulk now.
    private var bulkRoom: Int {
        max(1, min(limits.bulkMax, openCount - 1)) - slots.count { $0 == .working(.bulk) }
    }

    private mutating func takeAll() -> [Request] {
        defer {
            urgent.removeAll()
            bulk.removeAll()
        }
        return Array(urgent) + Array(bulk)
    }
}
