package import Rooms

extension LogModel {
    /// A row of `inbox`.
    struct InboxRow: Sendable {
        let room: RoomID
        let draft: Draft
        /// The time that the caller gave; nil for the time of the insert into `log`.
        var time: Timestamp?
    }

    /// A committed call of `new_message()`.
    package mutating func newMessage(in room: RoomID, time: Timestamp? = nil, user: String, text: String) {
        inbox.append(InboxRow(room: room, draft: Draft(user: user, text: text, clientID: nil), time: time))
        changed()
    }

    /// Behaves as `MessageStore.drainInbox` specifies.
    package mutating func drainInbox(limit: Int, bytes: Int) -> Result<InboxBatch, StoreError> {
        var bytesLeft = bytes
        var taken: [InboxRow] = []
        for row in inbox.prefix(limit) {
            bytesLeft -= row.draft.text.utf8.count
            if bytesLeft < 0, !taken.isEmpty { break }
            taken.append(row)
        }
        wasSlow = false
        guard !taken.isEmpty else { return .success(InboxBatch(taken: 0, runs: [])) }
        if let error = refusal(of: taken) {
            wasSlow = error == Self.timeout
            guard taken.count == 1 else { return .failure(error) }
            inbox.removeFirst()
            setAside.append(taken[0].draft.text)
            changed()
            return .success(InboxBatch(taken: 1, runs: []))
        }
        inbox.removeFirst(taken.count)
        clockMicroseconds += 1000
        let now = Timestamp(microseconds: clockMicroseconds)
        var runs: [RoomID: LogRun] = [:]
        for row in taken {
            let last = lastSeq(row.room)
            var run = runs[row.room] ?? LogRun(room: row.room, after: last, through: last, messages: [])
            let (seq, message) = insert(row.draft, at: row.time ?? now, in: row.room)
            run.through = seq
            if let message { run.messages.append(message) }
            runs[row.room] = run
        }
        changed()
        return .success(
            InboxBatch(taken: taken.count, runs: runs.sorted { $0.key < $1.key }.map(\.value)))
    }

    private func refusal(of taken: [InboxRow]) -> StoreError? {
        if taken.count > statementMessagesMax { return Self.timeout }
        for row in taken {
            if slowRooms.contains(row.room) { return Self.timeout }
            if rooms[row.room]?.isSpoiled == true { return .rejected(code: "22003", detail: "out of range") }
            if let error = refusal(by: row.draft) { return error }
        }
        return nil
    }
}
