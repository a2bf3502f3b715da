/// The callers that wait for sessions: they gather while a query runs, and share the next one.
struct SessionLookups<Caller> {
    /// The answer to a caller.
    enum Admission: Equatable {
        /// The caller waits for a query.
        case waits
        /// The queue is full.
        case full
        /// There are no more queries.
        case ended
    }

    private var waiting: [String: [Caller]] = [:]
    private var waitingCount = 0
    private var querying: [String: [Caller]] = [:]
    private var hasEnded = false
    private let waitersMax: Int
    private let keysMax: Int

    /// An empty queue.
    init(waitersMax: Int = DBLimits.sessionLookupsMax, keysMax: Int = DBLimits.sessionKeysPerQueryMax) {
        self.waitersMax = waitersMax
        self.keysMax = keysMax
    }

    /// Whether no caller waits for a next query.
    var isEmpty: Bool { waiting.isEmpty }

    /// Adds a caller that asks for `key`.
    mutating func ask(_ key: String, _ caller: Caller) -> Admission {
        guard !hasEnded else { return .ended }
        guard waitingCount < waitersMax else { return .full }
        waiting[key, default: []].append(caller)
        waitingCount += 1
        return .waits
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

    /// Ends the query; returns its callers, by key.
    mutating func endQuery() -> [String: [Caller]] { exchange(&querying, with: [:]) }

    /// Admits no more callers; returns those that wait.
    mutating func end() -> [Caller] {
        hasEnded = true
        waitingCount = 0
        return exchange(&waiting, with: [:]).values.flatMap(\.self)
    }
}
