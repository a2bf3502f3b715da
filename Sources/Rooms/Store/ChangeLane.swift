internal import CoreMetrics
internal import Logging

/// Stores changes of earlier messages, batch after batch, broadcasts them and answers their senders. Used by one task.
struct ChangeLane {
    private let queue: ChangeQueue
    private let store: any MessageStore
    private let directory: RoomDirectory
    private let doorbell: Doorbell
    private let metrics: RoomMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>
    private var number: Int64 = 0

    init(
        queue: ChangeQueue, store: any MessageStore, directory: RoomDirectory, doorbell: Doorbell, metrics: RoomMetrics,
        logger: Logger, clock: any Clock<Duration>
    ) {
        self.queue = queue
        self.store = store
        self.directory = directory
        self.doorbell = doorbell
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
    }

    /// Stores until the queue is closed and empty, or the task is cancelled.
    mutating func run() async {
        while await queue.wait() {
            while case let entries = queue.take(), !entries.isEmpty {
                await store(entries)
                queue.finished(entries)
            }
        }
    }

    /// Stores changes; retries as long as the store cannot be reached. A batch that the database rejects is halved until
    /// the rejected change is alone.
    ///
    /// - Parameter mayBeStored: whether an earlier attempt may have stored them, or may still do so.
    private mutating func store(_ entries: [ChangeQueue.Entry], mayBeStored: Bool = false) async {
        number += 1
        let batch = ChangeBatch(
            number: number, requests: entries.map { ChangeBatch.Request(room: $0.room.id, draft: $0.draft) })
        var attempts = 0
        while true {
            let askedAt = ContinuousClock.now
            do throws(StoreError) {
                return await publish(try await store.change(batch), of: entries, askedAt: askedAt)
            } catch {
                attempts += 1
                switch error {
                case .unavailable(let reason):
                    if attempts == 1 { logger.log(.notice, .storeWaiting, ["reason": "\(reason)"]) }
                    // Cancelled at shutdown: the clients are not connected any more.
                    guard (try? await clock.sleep(for: retryPause(attempts))) != nil else { return }
                case .rejected(let code, _):
                    return await divide(entries, code, mayBeStored: mayBeStored || attempts > 1)
                case .forgotten:
                    // No earlier attempt can have stored it, unless one was made under the forgotten name.
                    if attempts == 1 { continue }
                    return refuseUnknown(entries)
                }
            }
        }
    }

    /// Handles a rejected batch. If an earlier attempt has stored it after all, its changes are told a second time, which
    /// changes nothing; those with an id are recognised.
    private mutating func divide(_ entries: [ChangeQueue.Entry], _ code: String, mayBeStored: Bool) async {
        guard entries.count > 1 else {
            guard !mayBeStored else { return refuseUnknown(entries) }
            logger.log(.notice, .messageNotStored, ["sqlstate": "\(code)"])
            return refuse(entries, .notStored, "the database refused this change (\(code)); it is not stored")
        }
        let middle = entries.count / 2
        await store(Array(entries[..<middle]), mayBeStored: mayBeStored)
        await store(Array(entries[middle...]), mayBeStored: mayBeStored)
    }

    private func retryPause(_ attempt: Int) -> Duration { .milliseconds(min(1000, 25 << min(attempt, 6))) }

    private func refuseUnknown(_ entries: [ChangeQueue.Entry]) {
        refuse(entries, .unavailable, "whether this change is stored is not known: look, and try again")
    }

    private func refuseRemoved(_ entry: ChangeQueue.Entry) {
        refuse([entry], .notStored, "this was stored before and has been removed since")
    }

    private func refuse(_ entries: [ChangeQueue.Entry], _ code: WireError.Code, _ detail: String) {
        for entry in entries { entry.sender.refuse(code, detail, clientID: entry.draft.clientID, metrics) }
    }

    private func publish(
        _ receipt: ChangeReceipt, of entries: [ChangeQueue.Entry], askedAt: ContinuousClock.Instant
    ) async {
        precondition(receipt.outcomes.count == entries.count, "a receipt has an outcome for each request")
        var events: [RoomPosition: EncodedMessage] = [:]
        for change in receipt.runs.flatMap(\.changes) {
            events[RoomPosition(room: change.room, seq: change.seq)] = EncodedMessage(change)
        }
        metrics.changesStored.increment(by: events.count)
        doorbell.committed(receipt.runs.map { RoomPosition(room: $0.room, seq: $0.through) })
        // Pruned before a repeated batch was answered: only the log tells what else was.
        let pruned = zip(entries, receipt.outcomes).compactMap { entry, outcome -> RoomPosition? in
            guard case .stored(let seq) = outcome else { return nil }
            let position = RoomPosition(room: entry.room.id, seq: seq)
            return events[position] == nil ? position : nil
        }
        directory.committed(
            receipt.runs.filter { run in !pruned.contains { $0.room == run.room } }, askedAt: askedAt)
        await directory.received(pruned)
        for (entry, outcome) in zip(entries, receipt.outcomes) {
            switch outcome {
            case .stored(let seq):
                if let event = events[RoomPosition(room: entry.room.id, seq: seq)] {
                    entry.sender.acknowledge(event)
                } else {
                    refuseRemoved(entry)
                }
            case .repeated(let seq): await answer(entry, seq)
            case .done: entry.sender.send(Reply.done(entry.draft))
            case .notFound: refuse([entry], .notFound, "the room has no message \(entry.draft.target)")
            case .forbidden: refuse([entry], .forbidden, "this session may not change message \(entry.draft.target)")
            }
        }
    }

    /// Answers a repeated command with what was stored under its id.
    private func answer(_ entry: ChangeQueue.Entry, _ seq: Int64) async {
        do throws(StoreError) {
            if let original = try await entry.room.message(seq) {
                entry.sender.sendAgain(original)
            } else {
                refuseRemoved(entry)
            }
        } catch {
            refuse([entry], .unavailable, "this is stored but cannot be read now: send it again")
        }
    }
}
