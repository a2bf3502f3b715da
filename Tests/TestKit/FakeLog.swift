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
        var changes: [StoredChange] = []
        var firstSeq: Int64 = 1
        var lastSeq: Int64 = 0
    }

    var rooms: [RoomID: Room] = [:]
    var epoch = "epoch-1"
    var inbox: [(room: RoomID, user: String, text: String)] = []
    /// The newest batch of each lane, and its receipt if it was committed.
    var receipts: [BatchID.Lane: (number: Int64, receipt: Receipt?)] = [:]
    var isForgotten = false
    /// What moderators did, in order.
    var moderations: [ModerationAction] = []
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

    /// The messages that clients with this view receive.
    func visible(_ id: RoomID, in view: LogView) -> [StoredMessage] {
        visible(id).filter { view == .changes || $0.changes?.isDeleted != true }
    }

    func run(_ id: RoomID, after: Int64, through: Int64, limit: Int, bytes: Int, isFirst: Bool = true) -> LogRun {
        let wanted = visible(id).filter { $0.seq > after && $0.seq <= through }
        let changes = (rooms[id]?.changes ?? []).filter { $0.seq > after && $0.seq <= through }
        let bytesOf = Dictionary(
            wanted.map { ($0.seq, $0.text.utf8.count) } + changes.map { ($0.seq, 0) }, uniquingKeysWith: max)
        var bytesLeft = bytes
        var last = after
        var end = max(after, min(through, span(id).lastSeq))
        for (count, row) in bytesOf.sorted(by: { $0.key < $1.key }).enumerated() {
            bytesLeft -= row.value
            guard count < limit, bytesLeft >= 0 || count == 0 && isFirst else {
                end = last
                break
            }
            last = row.key
        }
        let concerned = Set(changes.filter { $0.seq <= end }.map(\.target))
        return LogRun(
            room: id, after: after, through: end, messages: wanted.filter { $0.seq <= end },
            changes: changes.filter { $0.seq <= end }, targets: visible(id).filter { concerned.contains($0.seq) })
    }

    /// Carries out a change, whoever sends it.
    mutating func change(_ request: ChangeBatch.Request) -> ChangeReceipt.Outcome {
        if case .moderate(let action) = request.draft.action {
            moderations.append(action)
            return .done
        }
        guard var room = rooms[request.room] else { return .notFound }
        let (draft, seq) = (request.draft, room.lastSeq + 1)
        let key = draft.clientID.map { ClientKey(room: request.room, identity: draft.identity, id: $0) }
        if let key, let original = clientIDs[key] { return .repeated(seq: original) }
        guard let index = room.messages.firstIndex(where: { $0.seq == draft.target }),
            room.messages[index].changes?.isDeleted != true
        else { return .notFound }
        var changes = room.messages[index].changes ?? MessageChanges(changedSeq: seq)
        let superseded = changes.editedSeq
        var change = StoredChange(
            room: request.room, seq: seq, time: Timestamp(microseconds: clock), user: draft.user,
            userID: draft.identity.userID, target: draft.target, kind: .deleted, clientID: draft.clientID)
        switch draft.action {
        case .delete:
            room.messages[index].text = ""
            changes.isDeleted = true
            changes.reactions = []
            change.supersedes = superseded
        case .edit(let text):
            room.messages[index].text = text
            changes.editedSeq = seq
            change.kind = .edited(text: text)
            change.supersedes = superseded
        case .moderate: return .done
        case .react(let emoji, let isOn):
            guard let all = Self.react(draft.user, emoji, isOn, &changes.reactions) else { return .done }
            change.kind = .reacted(emoji: emoji, isOn: isOn, all: all.first)
        }
        changes.changedSeq = seq
        room.messages[index].changes = changes
        if let edit = room.changes.firstIndex(where: { $0.seq == change.supersedes }) {
            room.changes[edit].kind = .edited(text: "")
        }
        room.changes.append(change)
        room.lastSeq = seq
        rooms[request.room] = room
        if let key { clientIDs[key] = seq }
        return .stored(seq: seq)
    }

    /// Sets or withdraws a reaction; nil if that changes nothing, else the reactions with this emoji, at most one.
    private static func react(
        _ user: String, _ emoji: String, _ isOn: Bool, _ reactions: inout [Reaction]
    ) -> [Reaction]? {
        var reaction = reactions.first { $0.emoji == emoji } ?? Reaction(emoji: emoji, count: 0, users: [])
        guard reaction.users.contains(user) != isOn else { return nil }
        if isOn { reaction.users.append(user) } else { reaction.users.removeAll { $0 == user } }
        reaction.count = reaction.users.count
        let rest = reaction.count > 0 ? [reaction] : []
        let index = reactions.firstIndex { $0.emoji == emoji }
        reactions.replaceSubrange(index.map { $0..<$0 + 1 } ?? reactions.endIndex..<reactions.endIndex, with: rest)
        return rest
    }

    /// Gives a message the next number of its room; a dropped one leaves a number without a row.
    mutating func store(
        _ id: RoomID, user: String, text: String, clientID: String?, replyTo: Int64? = nil, isDropped: Bool = false
    ) -> StoredMessage {
        var room = rooms[id] ?? Room()
        room.lastSeq += 1
        let message = StoredMessage(
            room: id, seq: room.lastSeq, time: Timestamp(microseconds: clock), user: user, text: text,
            clientID: clientID, replyTo: replyTo)
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
        let stored = store(
            room, user: draft.user, text: text, clientID: draft.clientID, replyTo: draft.replyTo, isDropped: isDropped)
        if isDropped { return receipt.dropped.append(ordinal) }
        if text != draft.text {
            receipt.changes.append(.init(ordinal: ordinal, time: stored.time, user: stored.user, text: text))
        }
        if let key { clientIDs[key] = stored.seq }
    }
}
