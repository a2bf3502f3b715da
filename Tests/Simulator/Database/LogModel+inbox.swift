package import Rooms

extension LogModel {
    /// A row of `inbox`.
    struct InboxRow: Sendable {
        let room: RoomID
        /// The text and who is shown as the sender, and the time that the caller gave; nil for the time of the insert.
        var message: (draft: Draft, time: Timestamp?)?
        /// A change, and who is shown as the one who did it.
        var change: (draft: ChangeDraft, actor: String?)?

        var text: String {
            if let message { return message.draft.text }
            if case .edit(let text)? = change?.draft.action { return text }
            return ""
        }
    }

    /// A committed call of `new_message()`.
    package mutating func newMessage(in room: RoomID, time: Timestamp? = nil, user: String, text: String) {
        inbox.append(InboxRow(room: room, message: (Draft(user: user, text: text, clientID: nil), time)))
        changed()
    }

    /// A committed call of `edit_message()` or, without a text, of `delete_message()`.
    package mutating func changeMessage(in room: RoomID, _ target: Int64, text: String?, actor: String?) {
        let draft = ChangeDraft(
            target: target, action: text.map { .edit(text: $0) } ?? .delete, user: actor ?? "",
            identity: .name(actor ?? ""), isModerator: true, editWindowSeconds: nil, clientID: nil)
        inbox.append(InboxRow(room: room, change: (draft, actor)))
        changed()
    }

    /// Behaves as `MessageStore.drainInbox` specifies. Takes either messages or changes.
    package mutating func drainInbox(limit: Int, bytes: Int) -> Result<InboxBatch, StoreError> {
        var bytesLeft = bytes
        var taken: [InboxRow] = []
        for row in inbox.prefix(limit) {
            bytesLeft -= row.text.utf8.count
            if !taken.isEmpty, bytesLeft < 0 || (row.change == nil) != (taken[0].change == nil) { break }
            taken.append(row)
        }
        wasSlow = false
        guard !taken.isEmpty else { return .success(InboxBatch(taken: 0, runs: [])) }
        // What an error interrupts is undone.
        var next = self
        do throws(StoreError) {
            next.inbox.removeFirst(taken.count)
            let spans = try next.store(taken)
            next.changed()
            self = next
            let runs = spans.sorted { $0.key < $1.key }
                .map { run(in: $0.key, after: $0.value.after, through: $0.value.through) }
            return .success(InboxBatch(taken: taken.count, runs: runs))
        } catch {
            wasSlow = error == Self.timeout
            guard taken.count == 1 else { return .failure(error) }
            inbox.removeFirst()
            setAside.append(taken[0].text)
            changed()
            return .success(InboxBatch(taken: 1, runs: []))
        }
    }

    /// Stores rows of the inbox; returns the numbers that they took in each room.
    private mutating func store(
        _ taken: [InboxRow]
    ) throws(StoreError) -> [RoomID: (after: Int64, through: Int64)] {
        try checkStatement(taken.map(\.room))
        for case let draft? in taken.map(\.message?.draft) { if let error = refusal(by: draft) { throw error } }
        clockMicroseconds += 1000
        let now = Timestamp(microseconds: clockMicroseconds)
        var spans: [RoomID: (after: Int64, through: Int64)] = [:]
        for row in taken {
            let before = lastSeq(row.room)
            if let (draft, time) = row.message {
                _ = insert(draft, at: time ?? now, in: row.room)
            } else if let (draft, actor) = row.change {
                _ = try carryOut(draft, by: actor, in: row.room)
            }
            let after = lastSeq(row.room)
            if after > before { spans[row.room] = (spans[row.room]?.after ?? before, after) }
        }
        return spans
    }
}
