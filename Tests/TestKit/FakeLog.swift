internal import Rooms

/// The tables of a `FakeStore`, as a value.
struct FakeLog {
    struct ClientKey: Hashable {
        let room: RoomID
        let identity: Identity
        let id: String
    }

    struct Room {
        var messages: [StoredMessage] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 = 0
    }

    var rooms: [RoomID: Room] = [:]
    var epoch = "epoch-1"
    var inbox: [(room: RoomID, user: String, text: String)] = []
    /// The newest batch of each lane, and its receipt if it was committed.
    var receipts: [BatchID.Lane: (number: Int64, receipt: Receipt?)] = [:]
    var isForgotten = false
    var clientIDs: [ClientKey: Int64] = [:]
    var clock: Int64 = 1_470_676_832_421_000

    func span(_ id: RoomID) -> RoomSpan {
        let room = rooms[id] ?? Room()
        return RoomSpan(room: id, firstSeq: min(room.firstSeq, room.lastSeq + 1), lastSeq: room.lastSeq)
    }

    func visible(_ id: RoomID) -> [StoredMessage] {
        let span = span(id)
        return (rooms[id]?.messages ?? []).filter { $0.seq >= span.firstSeq && $0.seq <= span.lastSeq }
    }

    func run(_ id: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int, isFirst: Bool = true) -> LogRun {
        let wanted = visible(id).filter { $0.seq > after && $0.seq <= through }
        var bytesLeft = bytes
        var messages: [StoredMessage] = []
        for message in wanted {
            bytesLeft -= message.text.utf8.count
            guard messages.count < limit, bytesLeft >= 0 || messages.isEmpty && isFirst else {
                return LogRun(room: id, after: after, through: messages.last?.seq ?? after, messages: messages)
            }
            messages.append(message)
        }
        return LogRun(room: id, after: after, through: max(after, min(through, span(id).lastSeq)), messages: messages)
    }

    /// Gives a message the next number of its room; a dropped one leaves a number without a row.
    mutating func store(
        _ id: RoomID, user: String, text: String, clientID: String?, isDropped: Bool = false
    ) -> StoredMessage {
        var room = rooms[id] ?? Room()
        room.lastSeq += 1
        let message = StoredMessage(
            room: id, seq: room.lastSeq, time: Timestamp(microseconds: clock), user: user, text: text,
            clientID: clientID)
        if !isDropped { room.messages.append(message) }
        rooms[id] = room
        return message
    }

    mutating func append(_ batch: Batch) -> Receipt {
        clock += 1000
        var receipt = Receipt(time: Timestamp(microseconds: clock), bases: [], duplicates: [])
        var ordinal = 0
        for group in batch.groups {
            receipt.bases.append(rooms[group.room]?.lastSeq ?? 0)
            for draft in group.drafts {
                store(draft, ordinal, in: group.room, &receipt)
                ordinal += 1
            }
        }
        return receipt
    }

    private mutating func store(_ draft: Draft, _ ordinal: Int, in room: RoomID, _ receipt: inout Receipt) {
        let key = draft.clientID.map {
            ClientKey(room: room, identity: draft.identity ?? .name(draft.user), id: $0)
        }
        if let key, let original = clientIDs[key] {
            return receipt.duplicates.append(.init(ordinal: ordinal, originalSeq: original))
        }
        let isDropped = draft.text.contains(FakeStore.dropped)
        let text = draft.text.replacing(FakeStore.rude, with: "****")
        let stored = store(room, user: draft.user, text: text, clientID: draft.clientID, isDropped: isDropped)
        if isDropped { return receipt.dropped.append(ordinal) }
        if text != draft.text {
            receipt.changes.append(.init(ordinal: ordinal, time: stored.time, user: stored.user, text: text))
        }
        if let key { clientIDs[key] = stored.seq }
    }
}
