/// A `LogRun` in the form that clients receive.
struct EncodedRun: Sendable, Equatable {
    /// The number before the first one of the run.
    var after: Int64
    /// The last number of the run; `after` or more.
    var through: Int64
    /// All rows of the log in `after + 1 ... through`, messages and changes, ascending by `seq`.
    var messages: [EncodedMessage]
    /// The messages that the changes concern, in their current state.
    var targets: [EncodedMessage]
    /// The numbers of such messages that the log does not hold any more.
    var missing: [Int64]
    /// The numbers of edits whose text these changes remove.
    var superseded: [Int64]
    /// What clients of the view `messages` receive of it; nil if they receive all. Set by `Timeline.admit`.
    var messagesOnly: [EncodedMessage]?

    init(
        after: Int64, through: Int64, messages: [EncodedMessage], targets: [EncodedMessage] = [],
        missing: [Int64] = [], superseded: [Int64] = []
    ) {
        self.after = after
        self.through = through
        self.messages = messages
        self.targets = targets
        self.missing = missing
        self.superseded = superseded
    }

    init(_ run: LogRun) {
        self.init(after: run.after, through: run.through, messages: .init(run.messages, run.changes))
        guard !run.changes.isEmpty else { return }
        let held = Set(run.targets.map(\.seq))
        targets = run.targets.map(EncodedMessage.init)
        missing = run.changes.map(\.target).filter { !held.contains($0) }
        superseded = run.changes.compactMap(\.supersedes)
    }
}

extension [EncodedMessage] {
    /// Messages and changes, both ascending by `seq`, encoded in one sequence.
    init(_ messages: [StoredMessage], _ changes: [StoredChange]) {
        self = messages.map(EncodedMessage.init)
        guard !changes.isEmpty else { return }
        self += changes.map(EncodedMessage.init)
        sort { $0.seq < $1.seq }
    }
}
