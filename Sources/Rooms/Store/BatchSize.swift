/// How many messages the next batch may hold: fewer after one that took long or was ended by the database's time-out,
/// more again after quick ones.
///
/// Growth is that of slow start and congestion avoidance (RFC 5681 section 3.1): quick up to half of the size that was
/// not finished in time, and rarely beyond, because each attempt costs as long as a statement may take.
struct BatchSize: Sendable, Equatable {
    /// Quick batches of full size before the next one may be larger than `threshold`.
    private static let cautiousBatches = 16

    /// A batch of less than this share of what it might hold is a small one.
    private static let smallShare = 8

    /// 1 or more.
    private(set) var messagesMax: Int
    /// Up to this size, each quick batch is followed by one of twice its size.
    private var threshold = Int.max
    private var quickBatches = 0
    private let first: Int
    private let ceiling: Int
    private let target: Duration
    private let shrink: Int

    /// Begins with `first`, also after a time of small batches: what a large one costs now is not known then.
    ///
    /// - Parameters:
    ///   - ceiling: what is never exceeded.
    ///   - target: how long a batch should take at most.
    ///   - shrink: a batch that was not finished in time is divided by this, 2 or more.
    init(first: Int, ceiling: Int, target: Duration, shrink: Int) {
        self.ceiling = max(1, ceiling)
        self.first = min(max(1, first), self.ceiling)
        messagesMax = self.first
        self.target = target
        self.shrink = max(2, shrink)
    }

    /// A batch of so many messages was stored.
    mutating func stored(_ count: Int, in elapsed: Duration) {
        if elapsed > target {
            messagesMax = max(1, min(messagesMax, count / 2))
            quickBatches = 0
        } else if elapsed < target / 2, count > messagesMax / 2 {
            quickBatches += 1
            guard messagesMax <= threshold / 2 || quickBatches >= Self.cautiousBatches else { return }
            messagesMax = min(ceiling, messagesMax * 2)
            threshold = max(threshold, messagesMax)
            quickBatches = 0
        } else if count < messagesMax / Self.smallShare {
            messagesMax = max(min(first, messagesMax), messagesMax / 2)
        }
    }

    /// The database did not finish a batch of so many messages in time.
    mutating func timedOut(_ count: Int) {
        threshold = max(1, count / 2)
        messagesMax = max(1, min(messagesMax, count / shrink))
        quickBatches = 0
    }
}
