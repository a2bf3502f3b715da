internal import DequeModule

/// The state of a resolver without its threads: the names being resolved, those that wait, and the waiting callers.
///
/// A name is resolved once for all callers that ask meanwhile, so a name whose resolution hangs occupies one thread,
/// however often it is requested.
struct HostQueue<Waiter> {
    /// The result of a request.
    enum Admission: Equatable {
        /// The request waits; the caller must start a thread if `startsThread`.
        case wait(ticket: UInt64, startsThread: Bool)
        /// The queue is full.
        case full
    }

    private var waiting: [String: [(ticket: UInt64, waiter: Waiter)]] = [:]
    private var waitingCount = 0
    private var pending: Deque<String> = []
    private var underWay: Set<String> = []
    private var threads = 0
    private var newTicket: UInt64 = 0
    private let threadsMax: Int
    private let waitersMax: Int

    /// An empty queue.
    init(threadsMax: Int = DBLimits.resolverThreadsMax, waitersMax: Int = DBLimits.resolverWaitersMax) {
        self.threadsMax = threadsMax
        self.waitersMax = waitersMax
    }

    /// Adds a request for a name.
    mutating func ask(_ name: String, _ waiter: Waiter) -> Admission {
        guard waitingCount < waitersMax else { return .full }
        defer { newTicket &+= 1 }
        waiting[name, default: []].append((newTicket, waiter))
        waitingCount += 1
        let isKnown = underWay.contains(name) || pending.contains(name)
        if !isKnown { pending.append(name) }
        let startsThread = !isKnown && threads < threadsMax
        if startsThread { threads += 1 }
        return .wait(ticket: newTicket, startsThread: startsThread)
    }

    /// The next name for a thread; nil if the thread must end.
    mutating func next() -> String? {
        guard let name = pending.popFirst() else {
            threads -= 1
            return nil
        }
        underWay.insert(name)
        return name
    }

    /// Notes that a thread has an answer; returns the requests that wait for it.
    mutating func answered(_ name: String) -> [Waiter] {
        underWay.remove(name)
        let waiters = waiting.removeValue(forKey: name) ?? []
        waitingCount -= waiters.count
        return waiters.map(\.waiter)
    }

    /// Notes that no thread could be started; returns the requests that no thread is left to resolve.
    mutating func threadFailed() -> [Waiter] {
        threads -= 1
        guard threads == 0 else { return [] }
        defer { pending.removeAll() }
        return pending.flatMap { answered($0) }
    }

    /// Removes a request that does not wait any more.
    mutating func giveBack(_ name: String, ticket: UInt64) {
        guard let index = waiting[name]?.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting[name]?.remove(at: index)
        waitingCount -= 1
        guard waiting[name]?.isEmpty == true else { return }
        waiting[name] = nil
        pending.removeAll { $0 == name }
    }
}
