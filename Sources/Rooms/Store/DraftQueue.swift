internal import DequeModule

/// The messages that wait to be stored, in order of arrival, bounded in messages and bytes. The part of `MessageQueue`
/// that is a pure value.
///
/// A room is in one of two lanes at a time. If the database does not finish a batch in time, the rooms of the batch go
/// to the slow lane, which stores one room in each batch, in turn, so that the other rooms need not wait. A room that
/// had at least half of a batch that took long also goes there. A room whose messages are stored quickly there returns
/// at once; one that was slow alone stays for `slowRoomBatches` more batches.
struct DraftQueue {
    /// What one member sent in one turn of the event loop.
    struct Submission {
        let room: Room
        let sender: any Member
        var drafts: [Draft]
        let receivedAt: ContinuousClock.Instant

        var byteCount: Int { drafts.reduce(0) { $0 + $1.byteCount } }
    }

    /// A room of the slow lane.
    private struct SlowRoom {
        var submissions: Deque<Submission> = []
        var size: BatchSize
        /// The number of batches that must be stored quickly before the room returns to the live lane.
        var batchesLeft = 0
        /// How often its oldest message, alone in its batch, was not stored in time.
        var attempts = 0
    }

    private(set) var messageCount = 0
    private(set) var byteCount = 0
    private var live: Deque<Submission> = []
    private var liveSize: BatchSize
    private var slow: [RoomID: SlowRoom] = [:]
    /// The slow rooms that have messages to store, the next one first.
    private var slowTurns: Deque<RoomID> = []
    /// The room of the last batch that the slow lane took; the batch may still be in progress.
    private var slowTaken: RoomID?
    private var isClosed = false
    /// The number of messages of each room that were queued and are neither broadcast nor refused.
    private var unfinished: [RoomID: Int] = [:]
    private let limits: RoomLimits

    init(limits: RoomLimits) {
        self.limits = limits
        liveSize = limits.batchSize
    }

    /// Whether the live lane has messages to store.
    var hasLive: Bool { !live.isEmpty }
    /// Whether the slow lane has messages to store.
    var hasSlow: Bool { !slowTurns.isEmpty }
    /// Whether everything queued is broadcast or refused.
    var isFinished: Bool { unfinished.isEmpty }
    /// The rooms in the slow lane.
    var slowRoomCount: Int { slow.count }

    /// Whether everything queued in this room is broadcast or refused.
    func isFinished(_ room: RoomID) -> Bool { unfinished[room] == nil }

    /// Queues a whole submission; false if it does not fit, and nothing was queued.
    mutating func append(_ submission: Submission) -> Bool {
        guard messageCount + submission.drafts.count <= limits.queueMessagesMax,
            byteCount + submission.byteCount <= limits.queueBytesMax
        else { return false }
        let room = submission.room.id
        unfinished[room, default: 0] += submission.drafts.count
        count(submission)
        if slow[room] == nil {
            live.append(submission)
        } else {
            enqueueSlow(submission)
        }
        return true
    }

    /// The next batch of the live lane: the oldest submissions up to the limits of a batch; nil if nothing waits.
    mutating func takeLive() -> StoringBatch? {
        let messagesMax = liveSize.messagesMax
        // If more waits than one batch holds, a room gets at most half of the batch, so that other rooms need not wait
        // for it.
        let taken =
            live.count > messagesMax && live.contains { $0.room !== live.first?.room }
            ? Self.takeFairly(from: &live, messagesMax: messagesMax, bytesMax: limits.batchBytesMax)
            : Self.take(from: &live, messagesMax: messagesMax, bytesMax: limits.batchBytesMax)
        for submission in taken { discount(submission) }
        return StoringBatch(taken)
    }

    /// The next batch of the slow lane: the oldest submissions of one room; nil if nothing waits.
    mutating func takeSlow() -> StoringBatch? {
        // Rooms that may only have shared a batch with a slow room go first.
        let turn = slowTurns.firstIndex { slow[$0]?.batchesLeft == 0 } ?? slowTurns.startIndex
        slowTaken = nil
        guard !slowTurns.isEmpty else { return nil }
        let room = slowTurns.remove(at: turn)
        slowTaken = room
        guard var waiting = slow[room] else { return nil }
        let taken = Self.take(
            from: &waiting.submissions, messagesMax: waiting.size.messagesMax, bytesMax: limits.batchBytesMax)
        for submission in taken { discount(submission) }
        if !waiting.submissions.isEmpty { slowTurns.append(room) }
        slow[room] = waiting
        return StoringBatch(taken)
    }

    /// A batch of the live lane was stored or refused.
    mutating func liveStored(_ batch: StoringBatch, in elapsed: Duration) {
        liveSize.stored(batch.messageCount, in: elapsed)
        guard elapsed > limits.batchTarget else { return }
        let most = batch.groups.filter { $0.entries.count * 2 >= batch.messageCount }
        moveApart(Set(most.map(\.room.id)), batchesLeft: limits.slowRoomBatches)
    }

    /// The database did not finish batches of the live lane in time, the parts of one: their rooms go to the slow lane,
    /// in their order.
    mutating func liveTimedOut(_ batches: [StoringBatch]) {
        for batch in batches.reversed() {
            liveSize.timedOut(batch.messageCount)
            for submission in batch.submissions().reversed() {
                count(submission)
                live.prepend(submission)
            }
        }
        moveApart(Set(batches.flatMap(\.groups).map(\.room.id)), batchesLeft: 0)
    }

    /// A batch of the slow lane was stored or refused in time.
    mutating func slowStored(_ batch: StoringBatch, in elapsed: Duration) {
        guard let room = batch.groups.first?.room.id, var waiting = slow[room] else { return }
        waiting.size.stored(batch.messageCount, in: elapsed)
        waiting.attempts = 0
        let isQuick = elapsed <= limits.batchTarget
        waiting.batchesLeft = isQuick ? max(0, waiting.batchesLeft - 1) : limits.slowRoomBatches
        slow[room] = waiting
        // After the live lane has ended, messages moved to it are not stored.
        guard waiting.batchesLeft == 0, isQuick, waiting.submissions.isEmpty || !isClosed else { return }
        live.append(contentsOf: waiting.submissions)
        slow[room] = nil
        slowTurns.removeAll { $0 == room }
    }

    /// Nothing more is appended.
    mutating func close() { isClosed = true }

    /// Queues a batch of the slow lane again that the database did not finish in time; it is stored in smaller parts. A
    /// single message is tried `slowAttemptsMax` times, because it may only have waited for a lock, and is then given
    /// up.
    ///
    /// - Returns: nil if the batch waits again; else the messages that wait behind it in its room, which are given up
    ///   too.
    mutating func slowTimedOut(_ batch: StoringBatch) -> [Submission]? {
        guard let room = batch.groups.first?.room.id, var waiting = slow[room] else { return nil }
        waiting.batchesLeft = limits.slowRoomBatches
        waiting.size.timedOut(batch.messageCount)
        waiting.attempts = batch.messageCount > 1 ? 0 : waiting.attempts + 1
        slowTurns.removeAll { $0 == room }
        var givenUp: [Submission]?
        if waiting.attempts < limits.slowAttemptsMax {
            for submission in batch.submissions().reversed() {
                count(submission)
                waiting.submissions.prepend(submission)
            }
            slowTurns.append(room)
        } else {
            givenUp = Array(waiting.submissions)
            for submission in waiting.submissions { discount(submission) }
            waiting.submissions = []
            waiting.attempts = 0
        }
        slow[room] = waiting
        limitSlowRooms()
        return givenUp
    }

    /// Records that `count` messages of a room have been broadcast or refused.
    mutating func finished(_ count: Int, in room: RoomID) {
        guard let left = unfinished[room] else { return }
        unfinished[room] = left > count ? left - count : nil
    }

    private mutating func moveApart(_ rooms: Set<RoomID>, batchesLeft: Int) {
        for room in rooms where slow[room] == nil {
            slow[room] = SlowRoom(size: limits.slowBatchSize, batchesLeft: batchesLeft)
        }
        let moved = live.filter { rooms.contains($0.room.id) }
        live.removeAll { rooms.contains($0.room.id) }
        for submission in moved { enqueueSlow(submission) }
        limitSlowRooms()
    }

    private mutating func enqueueSlow(_ submission: Submission) {
        let room = submission.room.id
        if slow[room]?.submissions.isEmpty == true { slowTurns.append(room) }
        slow[room]?.submissions.append(submission)
    }

    private static func take(
        from submissions: inout Deque<Submission>, messagesMax: Int, bytesMax: Int
    ) -> [Submission] {
        var taken: [Submission] = []
        var messages = 0
        var bytes = 0
        while var next = submissions.first, messages < messagesMax {
            if next.drafts.count > messagesMax - messages {
                guard taken.isEmpty else { break }
                submissions[0].drafts.removeFirst(messagesMax)
                next.drafts.removeLast(next.drafts.count - messagesMax)
            } else {
                guard taken.isEmpty || bytes + next.byteCount <= bytesMax else { break }
                submissions.removeFirst()
            }
            messages += next.drafts.count
            bytes += next.byteCount
            taken.append(next)
        }
        return taken
    }

    private static func takeFairly(
        from submissions: inout Deque<Submission>, messagesMax: Int, bytesMax: Int
    ) -> [Submission] {
        var taken: [Submission] = []
        var kept: Deque<Submission> = []
        var counts: [RoomID: Int] = [:]
        var messages = 0
        var bytes = 0
        for submission in submissions {
            let room = submission.room.id
            let (count, byteCount) = (submission.drafts.count, submission.byteCount)
            let ofRoom = counts[room, default: 0]
            // If a submission is kept, later ones of its room must be kept too.
            let isKept =
                ofRoom == .max || !taken.isEmpty && (messages + count > messagesMax || bytes + byteCount > bytesMax)
                || ofRoom > 0 && ofRoom + count > messagesMax / 2
            counts[room] = isKept ? .max : ofRoom + count
            if isKept {
                kept.append(submission)
            } else {
                messages += count
                bytes += byteCount
                taken.append(submission)
            }
        }
        submissions = kept
        return taken
    }

    private mutating func count(_ submission: Submission) {
        messageCount += submission.drafts.count
        byteCount += submission.byteCount
    }

    private mutating func discount(_ submission: Submission) {
        messageCount -= submission.drafts.count
        byteCount -= submission.byteCount
    }

    /// Forgets slow rooms without messages beyond `slowRoomsMax`, because each costs memory.
    private mutating func limitSlowRooms() {
        guard slow.count > limits.slowRoomsMax else { return }
        // In order, so that the same input has the same effect.
        let idle = slow.filter { $0.key != slowTaken && $0.value.submissions.isEmpty }.keys.sorted()
        for room in idle.prefix(slow.count - limits.slowRoomsMax) { slow[room] = nil }
    }
}
