package import Rooms

/// The contents of the database, as a value: the tables of `migrations/` and the effects of their functions. Each call
/// takes effect at once.
package struct LogModel: Sendable {
    struct ClientKey: Hashable, Sendable {
        let room: RoomID
        let identity: Identity
        let id: String
    }

    /// A row of `log_writers`: the last batch of one lane of a process.
    struct Writing: Sendable {
        var number: Int64 = 0
        /// Its receipt; nil if the batch was settled as not stored.
        var receipt: Receipt?
        /// What became of its requests, if it was a batch of changes.
        var outcomes: [ChangeReceipt.Outcome]?
    }

    /// Identifies a lane of a process in `log_writers`.
    package struct WriterID: Hashable, Sendable {
        let number: Int

        /// An identifier.
        package init(_ number: Int) { self.number = number }
    }

    /// The error of a statement that exceeds its time-out.
    static let timeout = StoreError.rejected(code: "57014", detail: "statement timeout")

    /// The number of the log's epoch; the nodes see `epochName`.
    var epoch = 1
    var rooms: [RoomID: RoomRow] = [:]
    /// The last batch of each writer that the database knows.
    var writers: [WriterID: Writing] = [:]
    /// The writers that it has forgotten.
    private var forgotten: Set<WriterID> = []
    /// The numbers of the rows with client ids. The ids of deleted rows are unknown.
    var originals: [ClientKey: Int64] = [:]
    var inbox: [InboxRow] = []
    /// The texts of the inbox that were set aside.
    var setAside: [String] = []
    /// What the embedding application does to rows.
    package var triggers = Triggers(Set(Triggers.Kind.allCases))
    /// The number of messages that one statement can store within its time-out.
    package var statementMessagesMax = Int.max
    /// Rooms of which no message can be stored within that time-out.
    var slowRooms: Set<RoomID> = []
    /// Whether the last statement reached its time-out.
    var wasSlow = false
    /// Counts the changes to anything that a process can read.
    private(set) var version = 0
    /// The time of the next statement.
    package var clockMicroseconds: Int64 = 1_470_676_832_000_000

    /// An empty database.
    package init() {}

    static func epochName(_ epoch: Int) -> String { "epoch-\(epoch)" }
    var epochName: String { Self.epochName(epoch) }

    /// The row with a number, deleted or not.
    func row(_ room: RoomID, _ seq: Int64) -> Row? { rooms[room]?.row(seq) }
    /// The oldest number that a room may hold.
    func firstSeq(_ room: RoomID) -> Int64 { rooms[room]?.firstSeq ?? 1 }
    /// The newest number of a room.
    func lastSeq(_ room: RoomID) -> Int64 { rooms[room]?.lastSeq ?? 0 }
    /// The messages of a room that can be read in `after + 1 ... through`.
    func visible(_ room: RoomID, after: Int64, through: Int64, in view: LogView = .changes) -> [Row] {
        rooms[room]?.visible(after: after, through: through, in: view) ?? []
    }
    /// The numbers in `after + 1 ... through` whose rows a client with this view receives.
    func numbers(_ room: RoomID, after: Int64, through: Int64, in view: LogView) -> [Int64] {
        rooms[room]?.numbers(after: after, through: through, in: view) ?? []
    }
    /// The number under which an id is stored, for a message or a change; nil if it is not.
    func seq(of key: ClientKey) -> Int64? {
        guard let seq = originals[key] else { return nil }
        let isDeleted = row(key.room, seq)?.isDeleted ?? rooms[key.room]?.change(seq)?.isDeleted ?? true
        return isDeleted ? nil : seq
    }

    /// Registers a writer. A forgotten writer is not registered again by a late attempt.
    package mutating func register(_ writer: WriterID) {
        if writers[writer] == nil, !forgotten.contains(writer) { writers[writer] = Writing() }
    }

    /// Forgets a writer: its row of `log_writers` is removed.
    package mutating func forget(_ writer: WriterID) {
        if writers.removeValue(forKey: writer) != nil { forgotten.insert(writer) }
    }

    /// Stores a batch; behaves as `MessageStore.append` specifies.
    package mutating func append(_ batch: Batch, from writer: WriterID) -> Result<Receipt, StoreError> {
        wasSlow = false
        guard let last = writers[writer] else { return .failure(.forgotten) }
        guard last.number < batch.id.number else {
            guard last.number == batch.id.number, let receipt = last.receipt else {
                return .failure(.rejected(code: "55000", detail: "given up"))
            }
            return .success(compared(receipt, of: batch))
        }
        let duplicates = duplicates(in: batch)
        if let error = refusal(of: batch, duplicates) {
            wasSlow = error == Self.timeout
            return .failure(error)
        }
        let receipt = store(batch, duplicates)
        writers[writer] = Writing(number: batch.id.number, receipt: receipt)
        return .success(compared(receipt, of: batch))
    }

    /// Behaves as `MessageStore.settle` specifies.
    package mutating func settle(_ batch: BatchID, from writer: WriterID) -> Result<Bool, StoreError> {
        guard let last = writers[writer] else { return .failure(.forgotten) }
        guard last.number <= batch.number else { return .failure(.rejected(code: "55000", detail: "not the newest")) }
        if last.number == batch.number, last.receipt != nil { return .success(true) }
        writers[writer] = Writing(number: batch.number, receipt: nil)
        return .success(false)
    }

    /// The receipt with the current differences between the rows of the batch and what was sent.
    private func compared(_ receipt: Receipt, of batch: Batch) -> Receipt {
        var receipt = receipt
        let repeats = Set(receipt.duplicates.map(\.ordinal))
        var ordinal = 0
        for (group, base) in zip(batch.groups, receipt.bases) {
            var seq = base
            for draft in group.drafts {
                defer { ordinal += 1 }
                guard !repeats.contains(ordinal) else { continue }
                seq += 1
                guard let row = row(group.room, seq), !row.isDeleted else {
                    receipt.dropped.append(ordinal)
                    continue
                }
                let stored = row.message
                if (stored.time, stored.user, stored.text) != (receipt.time, draft.user, draft.text) {
                    receipt.changes.append(
                        Receipt.Change(
                            ordinal: ordinal, time: stored.time, user: stored.user, text: stored.text,
                            userID: stored.userID))
                }
            }
        }
        return receipt
    }

    /// The messages whose ids are already stored, by ordinal: the numbers of the originals, or the ordinals of the
    /// originals in this batch.
    private func duplicates(in batch: Batch) -> [Int: Original] {
        var found: [Int: Original] = [:]
        var inBatch: [ClientKey: Int] = [:]
        var ordinal = 0
        for group in batch.groups {
            for draft in group.drafts {
                defer { ordinal += 1 }
                guard let key = Self.key(of: draft, in: group.room) else { continue }
                if let seq = seq(of: key) {
                    found[ordinal] = .stored(seq)
                } else if let first = inBatch[key] {
                    found[ordinal] = .sameBatch(first)
                } else {
                    inBatch[key] = ordinal
                }
            }
        }
        return found
    }

    private enum Original {
        case stored(Int64)
        case sameBatch(Int)
    }

    private func refusal(of batch: Batch, _ duplicates: [Int: Original]) -> StoreError? {
        guard batch.messageCount <= statementMessagesMax else { return Self.timeout }
        var ordinal = 0
        for group in batch.groups {
            if slowRooms.contains(group.room) { return Self.timeout }
            if rooms[group.room]?.isSpoiled == true { return .rejected(code: "22003", detail: "out of range") }
            for draft in group.drafts {
                defer { ordinal += 1 }
                guard duplicates[ordinal] == nil else { continue }
                if let error = refusal(by: draft) { return error }
            }
        }
        return nil
    }

    /// The error that a trigger raises for a message; nil if it accepts the message.
    func refusal(by draft: Draft) -> StoreError? {
        switch triggers.verdict(time: Timestamp(microseconds: 0), user: draft.user, text: draft.text) {
        case .refused(let code): .rejected(code: code, detail: "refused by a trigger")
        case .tooSlow: Self.timeout
        case .stored, .dropped: nil
        }
    }

    private mutating func store(_ batch: Batch, _ duplicates: [Int: Original]) -> Receipt {
        clockMicroseconds += 1000
        var receipt = Receipt(time: Timestamp(microseconds: clockMicroseconds), bases: [], duplicates: [])
        var numbers: [Int: Int64] = [:]
        var ordinal = 0
        for group in batch.groups {
            receipt.bases.append(lastSeq(group.room))
            for draft in group.drafts {
                defer { ordinal += 1 }
                if let original = duplicates[ordinal] {
                    let seq =
                        switch original {
                        case .stored(let seq): seq
                        case .sameBatch(let first): numbers[first] ?? 0
                        }
                    receipt.duplicates.append(Receipt.Duplicate(ordinal: ordinal, originalSeq: seq))
                    continue
                }
                let (seq, stored) = insert(draft, at: receipt.time, in: group.room)
                numbers[ordinal] = seq
                if stored != nil, let key = Self.key(of: draft, in: group.room) { originals[key] = seq }
            }
        }
        changed()
        return receipt
    }

    private static func key(of draft: Draft, in room: RoomID) -> ClientKey? {
        draft.clientID.map { ClientKey(room: room, identity: draft.identity ?? .name(draft.user), id: $0) }
    }

    /// Gives a message the next number of its room; inserts no row if a trigger drops the message.
    mutating func insert(_ draft: Draft, at time: Timestamp, in room: RoomID) -> (seq: Int64, row: StoredMessage?) {
        var row = rooms[room] ?? RoomRow()
        // The old array must not be shared while it grows.
        rooms[room] = nil
        defer { rooms[room] = row }
        row.lastSeq += 1
        guard
            case .stored(let time, let user, let text) = triggers.verdict(
                time: time, user: draft.user, text: draft.text)
        else { return (row.lastSeq, nil) }
        let message = StoredMessage(
            room: room, seq: row.lastSeq, time: time, user: user, text: text, clientID: draft.clientID,
            userID: draft.identity?.userID, replyTo: draft.replyTo)
        row.rows.append(
            Row(message: message, states: RowStates(EncodedMessage(message)), said: draft.text, sender: draft.user))
        return (row.lastSeq, message)
    }

    /// Records a change that can be read.
    mutating func changed() { version += 1 }
}
