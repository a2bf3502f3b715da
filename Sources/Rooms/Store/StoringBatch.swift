/// A batch on its way to the store, with who must be told of the outcome.
struct StoringBatch {
    struct Entry {
        let draft: Draft
        let sender: any Member
    }

    struct Group {
        let room: Room
        var entries: [Entry]
        var receivedAt: ContinuousClock.Instant
        /// How many submissions of the queue ended up here.
        var submissionCount: Int
    }

    /// Ascending by room.
    let groups: [Group]
    let batch: Batch

    /// Groups submissions by room, keeping their order within each; nil if there are none.
    init?(_ submissions: [DraftQueue.Submission]) {
        var indices: [RoomID: Int] = [:]
        var groups: [Group] = []
        for submission in submissions {
            let entries = submission.drafts.map { Entry(draft: $0, sender: submission.sender) }
            if let index = indices[submission.room.id] {
                groups[index].entries.append(contentsOf: entries)
                groups[index].submissionCount += 1
            } else {
                indices[submission.room.id] = groups.count
                groups.append(
                    Group(
                        room: submission.room, entries: entries, receivedAt: submission.receivedAt, submissionCount: 1))
            }
        }
        self.init(groups: groups.sorted { $0.room.id < $1.room.id })
    }

    private init?(groups: [Group]) {
        guard !groups.isEmpty else { return nil }
        self.groups = groups
        self.batch = Batch(
            id: .random(),
            groups: groups.map { Batch.Group(room: $0.room.id, drafts: $0.entries.map(\.draft)) })
    }

    /// Two halves, to find the message that the database refuses; empty when it is down to one.
    func halves() -> [StoringBatch] {
        let count = batch.messageCount
        guard count > 1 else { return [] }
        var first: [Group] = []
        var second: [Group] = []
        var left = count / 2
        for group in groups {
            let head = min(left, group.entries.count)
            left -= head
            if head > 0 { first.append(Self.part(of: group, group.entries.prefix(head))) }
            if head < group.entries.count { second.append(Self.part(of: group, group.entries.dropFirst(head))) }
        }
        return [StoringBatch(groups: first), StoringBatch(groups: second)].compactMap { $0 }
    }

    private static func part(of group: Group, _ entries: ArraySlice<Entry>) -> Group {
        var part = group
        part.entries = Array(entries)
        return part
    }

    /// The stored messages of one group, numbered as the receipt says, and the repeated ones.
    func outcome(ofGroup index: Int, firstOrdinal: Int, receipt: Receipt, time: [UInt8]) -> Outcome {
        var outcome = Outcome()
        var seq = index < receipt.bases.count ? receipt.bases[index] : 0
        let entries = groups[index].entries
        var duplicates = receipt.duplicates[...]
        while let next = duplicates.first, next.ordinal < firstOrdinal { duplicates.removeFirst() }
        outcome.messages.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            if let duplicate = duplicates.first, duplicate.ordinal == firstOrdinal + place {
                duplicates.removeFirst()
                outcome.repeated.append(
                    Repeat(seq: duplicate.originalSeq, clientID: entry.draft.clientID, sender: entry.sender))
            } else {
                seq += 1
                let draft = entry.draft
                outcome.messages.append(
                    EncodedMessage(
                        seq: seq, time: time, user: draft.user, text: draft.text, clientID: draft.clientID))
            }
        }
        return outcome
    }

    struct Outcome {
        var messages: [EncodedMessage] = []
        var repeated: [Repeat] = []
    }

    /// A send whose id had been stored before.
    struct Repeat {
        let seq: Int64
        let clientID: String?
        let sender: any Member
    }
}
