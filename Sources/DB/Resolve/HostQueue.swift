internal import DequeModule

/// Which names are being resolved, which wait for a thread, and who waits for them: a resolver without its threads.
///
/// A name is resolved once for all who ask meanwhile, so a name whose resolution hangs takes one thread, however often
/// it is asked for.
struct HostQueue<Waiter> {
    /// What became of somebody who asks.
    enum Admission: Equatable {
        /// It waits; a thread is to be started if `startsThread`.
        case wait(ticket: UInt64, startsThread: Bool)
        /// As many as may wait are waiting.
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

    /// Nobody asks.
    init(threadsMax: Int = DBLimits.resolverThreadsMax, waitersMax: Int = DBLimits.resolverWaitersMax) {
        self.threadsMax = threadsMax
        self.waitersMax = waitersMax
    }

    /// Takes somebody in who asks for a name.
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

    /// The next name for a thread; nil when the thread is to end.
    mutating func next() -> String? {
        guard let name = pending.popFirst() else {
            threads -= 1
            return nil
        }
        underWay.insert(name)
        return name
    }

    /// A thread has an answer; returns those who wait for it.
    mutating func answered(_ name: String) -> [Waiter] {
        underWay.remove(name)
        let waiters = waiting.removeValue(forKey: name) ?? []
        waitingCount -= waiters.count
        return waiters.map(\.waiter)
    }

    /// No thread can be started; returns those who wait for what no thread is left to resolve.
    mutating func threadFailed() -> [Waiter] {
        threads -= 1
        guard threads == 0 else { return [] }
        defer { pending.removeAll() }
        return pending.flatMap { answered($0) }
    }

    /// Somebody waits no more.
    mutating func giveBack(_ name: String, ticket: UInt64) {
        guard let index = waiting[name]?.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting[name]?.remove(at: index)
        waitingCount -= 1
        guard waiting[name]?.isEmpty == true else { return }
        waiting[name] = nil
        pending.removeAll { $0 == name }
    }
}
