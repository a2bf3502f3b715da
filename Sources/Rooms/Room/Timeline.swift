/// The order of one room as this process knows it: the pure half of `Room`.
struct Timeline: Sendable {
    /// What a join starts with.
    struct Start: Equatable {
        /// The member is sent what follows this number.
        var cursor: Int64
        /// Whether it continues exactly where the client asked.
        var resumed: Bool
        /// Why it does not, if the client asked.
        var reset: ResumeRefusal?
    }

    /// What becomes of messages that were committed.
    enum Admission: Equatable {
        /// These continue the room: show them.
        case show([EncodedMessage])
        /// Messages before these are missing: read the store.
        case gap
        /// All of them were shown before.
        case known
    }

    /// Where the page after a cursor is found.
    enum PageSource: Equatable {
        case memory(Page)
        case store(after: Int64, through: Int64)
    }

    private(set) var head: Int64
    private(set) var firstSeq: Int64
    let epoch: String
    private var recent: Recent
    private let limits: RoomLimits

    init(_ snapshot: RoomSnapshot, limits: RoomLimits) {
        self.limits = limits
        self.head = snapshot.lastSeq
        self.firstSeq = snapshot.firstSeq
        self.epoch = snapshot.epoch
        self.recent = Recent(countMax: limits.recentPerRoom, bytesMax: limits.recentBytesMax)
        for message in snapshot.recent { recent.append(EncodedMessage(message)) }
    }

    /// Takes committed messages, ascending and consecutive, into the order.
    mutating func admit(_ messages: [EncodedMessage]) -> Admission {
        guard let first = messages.first, let last = messages.last, last.seq > head else { return .known }
        guard first.seq <= head + 1 else { return .gap }
        let new = first.seq == head + 1 ? messages : messages.filter { $0.seq > head }
        for message in new { recent.append(message) }
        head = last.seq
        return .show(new)
    }

    /// The log starts at this number now; if that is beyond the head, the room goes on behind what it never saw.
    mutating func prune(before seq: Int64) {
        firstSeq = max(firstSeq, seq)
        guard seq > head + 1 else { return }
        head = seq - 1
        recent = Recent(countMax: limits.recentPerRoom, bytesMax: limits.recentBytesMax)
    }

    /// The message, if it is in memory.
    func message(_ seq: Int64) -> EncodedMessage? {
        recent.messages(from: seq, countMax: 1, bytesMax: 0)?.first
    }

    func start(_ request: JoinRequest) -> Start {
        switch request {
        case .history(let asked):
            return Start(cursor: cursor(forNewest: asked ?? limits.historyOnJoin), resumed: false, reset: nil)
        case .resume(let after, let epoch):
            let refusal: ResumeRefusal? =
                if let epoch, epoch != self.epoch {
                    .epoch
                } else if after > head {
                    .ahead
                } else if after < firstSeq - 1 {
                    .pruned
                } else {
                    nil
                }
            guard let refusal else { return Start(cursor: after, resumed: true, reset: nil) }
            return Start(cursor: cursor(forNewest: limits.historyOnJoin), resumed: false, reset: refusal)
        }
    }

    func page(after cursor: Int64) -> PageSource {
        guard cursor < head else { return .memory(Page(messages: [], through: cursor, head: head)) }
        if let messages = recent.messages(
            from: cursor + 1, countMax: limits.pageMessagesMax, bytesMax: limits.pageBytesMax)
        {
            return .memory(Page(messages: messages, through: messages.last?.seq ?? cursor, head: head))
        }
        return .store(after: max(cursor, firstSeq - 1), through: head)
    }

    private func cursor(forNewest count: Int) -> Int64 {
        let shown = Int64(max(0, min(count, limits.historyMax)))
        return max(firstSeq - 1, head - shown)
    }
}
