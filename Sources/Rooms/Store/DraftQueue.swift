internal import DequeModule

/// What waits to be stored, in order of arrival, bounded in messages and bytes: the pure half of `MessageLog`.
struct DraftQueue {
    /// What one member said in one turn.
    struct Submission {
        let room: Room
        let sender: any Member
        let drafts: [Draft]
        let receivedAt: ContinuousClock.Instant
    }

    private(set) var messageCount = 0
    private(set) var byteCount = 0
    private var submissions: Deque<Submission> = []
    private var waiting: [RoomID: Int] = [:]
    private let limits: RoomLimits

    init(limits: RoomLimits) { self.limits = limits }

    var isEmpty: Bool { submissions.isEmpty }

    func isWaiting(for room: RoomID) -> Bool { waiting[room] != nil }

    /// Takes a submission whole or not at all; false if it does not fit.
    mutating func append(_ submission: Submission) -> Bool {
        let bytes = Self.bytes(submission)
        guard messageCount + submission.drafts.count <= limits.queueMessagesMax,
            byteCount + bytes <= limits.queueBytesMax
        else { return false }
        submissions.append(submission)
        waiting[submission.room.id, default: 0] += 1
        messageCount += submission.drafts.count
        byteCount += bytes
        return true
    }

    /// The next batch: the oldest submissions up to the limits of a batch; nil when nothing waits.
    mutating func takeBatch() -> StoringBatch? {
        var taken: [Submission] = []
        var messages = 0
        var bytes = 0
        while let next = submissions.first {
            let nextBytes = Self.bytes(next)
            if !taken.isEmpty,
                messages + next.drafts.count > limits.batchMessagesMax || bytes + nextBytes > limits.batchBytesMax
            {
                break
            }
            submissions.removeFirst()
            taken.append(next)
            messages += next.drafts.count
            bytes += nextBytes
        }
        messageCount -= messages
        byteCount -= bytes
        return StoringBatch(taken)
    }

    /// The batch's submissions have been stored or refused.
    mutating func finished(_ batch: StoringBatch) {
        for group in batch.groups {
            guard let left = waiting[group.room.id] else { continue }
            waiting[group.room.id] = left > group.submissionCount ? left - group.submissionCount : nil
        }
    }

    private static func bytes(_ submission: Submission) -> Int {
        submission.drafts.reduce(0) { $0 + $1.text.utf8.count }
    }
}
