/// Broadcasts stored messages: one turn of each event loop for all rooms of a batch that live there.
struct Publisher: Sendable {
    private let queue: MessageQueue
    private let doorbell: Doorbell
    private let repeats: RepeatedSends
    private let outlets: [any Outlet]
    private let metrics: RoomMetrics

    init(
        queue: MessageQueue, doorbell: Doorbell, repeats: RepeatedSends, outlets: [any Outlet], metrics: RoomMetrics
    ) {
        self.queue = queue
        self.doorbell = doorbell
        self.repeats = repeats
        self.outlets = outlets
        self.metrics = metrics
    }

    /// Broadcasts the stored part of a batch and marks the refused part as finished. Does not wait: the turns run in
    /// the order of calls.
    func publish(_ outcome: BatchWriter.Outcome) {
        for stored in outcome.stored { publish(stored) }
        let refused = outcome.refused.flatMap(\.groups)
        if !refused.isEmpty { queue.finished(refused.lazy.map { ($0.room.id, $0.entries.count) }) }
    }

    /// Returns when everything published before has been written or queued on a socket.
    func settle() async {
        // A turn of one loop passes broadcasts to members on other loops. After the first pass all turns have run;
        // the second pass waits for the loops to which they passed broadcasts.
        for _ in 0..<2 {
            for outlet in outlets { await outlet.settle() }
        }
    }

    private func publish(_ stored: StoredBatch) {
        var turns = RoomTurns<GroupPlace>()
        var firstOrdinal = 0
        for (index, group) in stored.batch.groups.enumerated() {
            turns.add(GroupPlace(index: index, firstOrdinal: firstOrdinal), in: group.room)
            firstOrdinal += group.entries.count
        }
        turns.run { show($0, of: stored, on: $1) }
    }

    /// One turn of a loop: broadcasts messages, notifies other processes, and answers dropped and repeated sends.
    private func show(_ groups: [GroupPlace], of stored: StoredBatch, on home: any Outlet) {
        var deliveries = Deliveries()
        var positions: [RoomPosition] = []
        var repeated: [StoringBatch.Repeat] = []
        var finished: [(room: RoomID, count: Int)] = []
        for place in groups {
            let group = stored.batch.groups[place.index]
            let outcome = stored.outcome(ofGroup: place.index, firstOrdinal: place.firstOrdinal)
            finished.append((group.room.id, group.entries.count - outcome.repeated.count))
            repeated += outcome.repeated
            for entry in outcome.dropped {
                entry.refuse(.notStored, "the database dropped this message; it is not stored", metrics)
            }
            let run = outcome.run
            guard run.through > run.after else { continue }
            positions.append(RoomPosition(room: group.room.id, seq: run.through))
            group.room.assumeIsolated { room in
                guard !outcome.isOutdated else { return room.suspect(through: run.through) }
                room.committed(run, askedAt: stored.askedAt, receivedAt: group.receivedAt, into: &deliveries)
            }
        }
        deliveries.send(from: home)
        doorbell.committed(positions)
        // After the deliveries, because the original may be among them.
        for send in repeated where send.room.assumeIsolated({ $0.answerFromMemory(send) }) || !repeats.answer(send) {
            finished.append((send.room.id, 1))
        }
        queue.finished(finished)
    }

    /// The position of a group in its batch.
    private struct GroupPlace {
        let index: Int
        /// The position of its first message in the batch.
        let firstOrdinal: Int
    }
}
