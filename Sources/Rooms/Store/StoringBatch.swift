internal import CoreMetrics

/// A batch that is being stored, with the senders that receive its outcome.
struct StoringBatch {
    struct Entry {
        let draft: Draft
        let sender: any Member

        /// Sends an error to the sender: the message is not stored, or may not be stored. From any isolation.
        func refuse(_ code: WireError.Code, _ detail: String, _ metrics: RoomMetrics) {
            sender.refuse(code, detail, clientID: draft.clientID, metrics)
        }
    }

    struct Group {
        let room: Room
        var entries: [Entry]
        var receivedAt: ContinuousClock.Instant
    }

    /// Ascending by room.
    let groups: [Group]

    /// The number of messages in all groups.
    var messageCount: Int { groups.reduce(0) { $0 + $1.entries.count } }

    /// Groups submissions by room, keeping their order within each; nil if there are none.
    init?(_ submissions: [DraftQueue.Submission]) {
        var indices: [RoomID: Int] = [:]
        var groups: [Group] = []
        for submission in submissions {
            let entries = submission.drafts.map { Entry(draft: $0, sender: submission.sender) }
            if let index = indices[submission.room.id] {
                groups[index].entries.append(contentsOf: entries)
            } else {
                indices[submission.room.id] = groups.count
                groups.append(Group(room: submission.room, entries: entries, receivedAt: submission.receivedAt))
            }
        }
        self.init(groups: groups.sorted { $0.room.id < $1.room.id })
    }

    private init?(groups: [Group]) {
        guard !groups.isEmpty else { return nil }
        self.groups = groups
    }

    /// Sends an error to every sender: its message is not stored, or may not be stored.
    func refuse(_ code: WireError.Code, _ detail: String, _ metrics: RoomMetrics) {
        for entry in groups.flatMap(\.entries) { entry.refuse(code, detail, metrics) }
    }

    /// The batch as the store takes it.
    func batch(_ id: BatchID) -> Batch {
        Batch(id: id, groups: groups.map { Batch.Group(room: $0.room.id, drafts: $0.entries.map(\.draft)) })
    }

    /// Converts the batch back to submissions, one for each message.
    func submissions() -> [DraftQueue.Submission] {
        groups.flatMap { group in
            group.entries.map {
                DraftQueue.Submission(
                    room: group.room, sender: $0.sender, drafts: [$0.draft], receivedAt: group.receivedAt)
            }
        }
    }

    /// Whether a room has messages in both batches.
    func hasRoom(of other: StoringBatch) -> Bool {
        groups.contains { group in other.groups.contains { $0.room === group.room } }
    }

    /// Splits the batch in two, to find the message that the database rejects; empty if the batch is a single message.
    func halves() -> [StoringBatch] {
        let count = messageCount
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
}
