/// The callers that wait for sessions: they gather while a query runs, and share the next one.
///
/// One of the waiting callers leads: it runs the query for all. So no task outlives its caller, and there is at most
/// one query at a time.
struct SessionLookups<Caller> {
    /// What a caller must do.
    enum Admission: Equatable {
        /// Run the query of `startQuery()`: no other caller does.
        case lead
        /// Wait for the answer, or for the request to lead.
        case wait
        /// The queue is full.
        case full
    }

    private var waiting: [String: [Caller]] = [:]
    private var waitingCount = 0
    private var querying: [String: [Caller]] = [:]
    private var isQuerying = false
    private let waitersMax: Int
    private let keysMax: Int

    /// An empty queue.
    init(waitersMax: Int = DBLimits.sessionLookupsMax, keysMax: Int = DBLimits.sessionKeysPerQueryMax) {
        self.waitersMax = waitersMax
        self.keysMax = keysMax
    }

    /// Adds a caller that asks for `key`.
    mutating func ask(_ key: String, _ caller: Caller) -> Admission {
        guard waitingCount < waitersMax else { return .full }
        waiting[key, default: []].append(caller)
        waitingCount += 1
        guard !isQuerying else { return .wait }
        isQuerying = true
        return .lead
    }

    /// The keys of the next query, at most `keysMax`.
    mutating func startQuery() -> [String] {
        if waiting.count <= keysMax {
            swap(&querying, &waiting)
            waitingCount = 0
        } else {
            for (key, callers) in waiting.prefix(keysMax) {
                querying[key] = callers
                waiting[key] = nil
                waitingCount -= callers.count
            }
        }
        return Array(querying.keys)
    }

    /// Ends the query; returns its callers, by key, and the caller that leads the next query, if any caller waits.
    mutating func endQuery() -> (answered: [String: [Caller]], leader: Caller?) {
        defer { querying = [:] }
        isQuerying = !waiting.isEmpty
        return (querying, waiting.first?.value.first)
    }
}
