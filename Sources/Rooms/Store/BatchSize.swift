/// The maximum number of messages in the next batch. It shrinks after a batch that took long or was ended by the
/// database's time-out, and grows again after quick batches.
///
/// Growth follows slow start and congestion avoidance (RFC 5681 section 3.1). It is quick up to half of the size that
/// was not finished in time, and slow beyond, because each attempt may cost a full statement time-out.
struct BatchSize: Sendable, Equatable {
    /// Quick batches of full size before the next one may be larger than `threshold`.
    private static let cautiousBatches = 16

    /// A batch is small if it holds less than this share (one eighth) of the maximum.
    private static let smallShare = 8

    /// 1 or more.
    private(set) var messagesMax: Int
    /// Up to this size, each quick batch doubles the maximum.
    private var threshold = Int.max
    private var quickBatches = 0
    private let first: Int
    private let ceiling: Int
    private let target: Duration
    private let shrink: Int

    /// Starts with `first`, and returns to it after a period of small batches, because the current cost of a large
    /// batch is unknown then.
    ///
    /// - Parameters:
    ///   - ceiling: the upper limit of the size.
    ///   - target: how long a batch should take at most.
    ///   - shrink: the size of a batch that was not finished in time is divided by this, 2 or more.
    init(first: Int, ceiling: Int, target: Duration, shrink: Int) {
        self.ceiling = max(1, ceiling)
        self.first = min(max(1, first), self.ceiling)
        messagesMax = self.first
        self.target = target
        self.shrink = max(2, shrink)
    }

    /// Records that a batch of `count` messages was stored.
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

    /// Records that the database did not finish a batch of `count` messages in time.
    mutating func timedOut(_ count: Int) {
        threshold = max(1, count / 2)
        messagesMax = max(1, min(messagesMax, count / shrink))
        quickBatches = 0
    }
}
