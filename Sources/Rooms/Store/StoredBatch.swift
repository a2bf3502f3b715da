/// A committed batch with its receipt.
struct StoredBatch {
    /// The outcome of one group.
    struct Outcome {
        /// The part of the group that the room's log holds.
        var run: EncodedRun
        /// The repeated sends: their ids were already stored.
        var repeated: [StoringBatch.Repeat] = []
        /// The messages that received a number and have no row.
        var dropped: [StoringBatch.Entry] = []
        /// Whether a message was deleted before a repeated batch was answered. Then only the log has the run as it is.
        var isOutdated = false
    }

    let batch: StoringBatch
    /// When the store was queried.
    let askedAt: ContinuousClock.Instant

    private let time: [UInt8]
    private let bases: [Int64]
    private let duplicates: [Int: Int64]
    private let changes: [Int: Receipt.Change]
    private let dropped: Set<Int>

    init(_ batch: StoringBatch, _ receipt: Receipt, askedAt: ContinuousClock.Instant) {
        self.batch = batch
        self.askedAt = askedAt
        time = receipt.time.iso8601Bytes
        precondition(receipt.bases.count == batch.groups.count, "a receipt has a base for each group")
        bases = receipt.bases
        duplicates = Dictionary(
            receipt.duplicates.map { ($0.ordinal, $0.originalSeq) }, uniquingKeysWith: { first, _ in first })
        changes = Dictionary(receipt.changes.map { ($0.ordinal, $0) }, uniquingKeysWith: { first, _ in first })
        dropped = Set(receipt.dropped)
    }

    /// The outcome of one group. From any isolation, so that each event loop encodes the messages of its own rooms.
    ///
    /// - Parameter firstOrdinal: the position of the group's first message in the batch.
    func outcome(ofGroup index: Int, firstOrdinal: Int) -> Outcome {
        let base = bases[index]
        let entries = batch.groups[index].entries
        var outcome = Outcome(run: EncodedRun(after: base, through: base, messages: []))
        outcome.run.messages.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            let ordinal = firstOrdinal + place
            if let seq = duplicates[ordinal] {
                outcome.repeated.append(StoringBatch.Repeat(room: batch.groups[index].room, seq: seq, entry: entry))
                continue
            }
            outcome.run.through += 1
            if dropped.contains(ordinal) {
                outcome.dropped.append(entry)
            } else if changes[ordinal]?.text.isEmpty == true {
                outcome.isOutdated = true
                outcome.repeated.append(
                    StoringBatch.Repeat(room: batch.groups[index].room, seq: outcome.run.through, entry: entry))
            } else {
                outcome.run.messages.append(
                    message(entry.draft, seq: outcome.run.through, change: changes[ordinal]))
            }
        }
        return outcome
    }

    private func message(_ draft: Draft, seq: Int64, change: Receipt.Change?) -> EncodedMessage {
        EncodedMessage(
            seq: seq, time: change?.time.iso8601Bytes ?? time, user: change?.user ?? draft.user,
            text: change?.text ?? draft.text, clientID: draft.clientID,
            userID: change == nil ? draft.identity?.userID : change?.userID, replyTo: draft.replyTo)
    }
}

extension StoringBatch {
    /// A repeated send: its id was already stored.
    struct Repeat {
        let room: Room
        /// The number of the original message.
        let seq: Int64
        let entry: Entry
    }
}
