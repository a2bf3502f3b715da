package import Rooms

extension LogModel {
    /// Carries out a batch of changes; behaves as `MessageStore.change` specifies.
    package mutating func change(
        _ batch: ChangeBatch, from writer: WriterID
    ) -> Result<ChangeReceipt, StoreError> {
        wasSlow = false
        guard let last = writers[writer] else { return .failure(.forgotten) }
        guard last.number < batch.number else {
            guard last.number == batch.number, let outcomes = last.outcomes else {
                return .failure(.rejected(code: "55000", detail: "given up"))
            }
            return .success(receipt(outcomes, of: batch))
        }
        // What an error interrupts is undone.
        var next = self
        do throws(StoreError) {
            let outcomes = try next.carryOut(batch)
            next.writers[writer] = Writing(number: batch.number, outcomes: outcomes)
            next.changed()
            self = next
            return .success(receipt(outcomes, of: batch))
        } catch {
            wasSlow = error == Self.timeout
            return .failure(error)
        }
    }

    private mutating func carryOut(_ batch: ChangeBatch) throws(StoreError) -> [ChangeReceipt.Outcome] {
        try checkStatement(batch.requests.map(\.room))
        clockMicroseconds += 1000
        var outcomes: [ChangeReceipt.Outcome] = []
        for request in batch.requests {
            outcomes.append(try carryOut(request.draft, by: request.draft.user, in: request.room))
        }
        return outcomes
    }

    /// Throws if a statement that makes so many changes in these rooms does not end in time, or is refused.
    func checkStatement(_ changed: [RoomID]) throws(StoreError) {
        if changed.count > statementMessagesMax { throw Self.timeout }
        for room in changed {
            if slowRooms.contains(room) { throw Self.timeout }
            if rooms[room]?.isSpoiled == true { throw .rejected(code: "22003", detail: "out of range") }
        }
    }

    /// Carries out one change.
    ///
    /// - Parameter user: who does it; nil if it is done by SQL without an actor.
    mutating func carryOut(
        _ draft: ChangeDraft, by user: String?, in room: RoomID
    ) throws(StoreError) -> ChangeReceipt.Outcome {
        let key = draft.clientID.map { ClientKey(room: room, identity: draft.identity, id: $0) }
        if let key, let original = seq(of: key) { return .repeated(seq: original) }
        guard var target = row(room, draft.target), !target.isDeleted, !target.isTombstone,
            draft.target >= firstSeq(room)
        else { return .notFound }
        guard allows(draft, of: target) else { return .forbidden }
        let seq = lastSeq(room) + 1
        guard let kind = try target.change(draft, to: seq, triggers) else { return .done }
        var change = StoredChange(
            room: room, seq: seq, time: Timestamp(microseconds: clockMicroseconds), user: user,
            userID: draft.identity.userID, target: draft.target, kind: kind, clientID: draft.clientID)
        if case .reacted = kind {} else { change.supersedes = row(room, draft.target)?.message.changes?.editedSeq }
        store(change, target)
        if let key { originals[key] = seq }
        return .stored(seq: seq)
    }

    private func allows(_ draft: ChangeDraft, of target: Row) -> Bool {
        if case .react = draft.action { return true }
        guard !draft.isModerator else { return true }
        let author = target.message.userID.map { Identity.userID($0) } ?? .name(target.message.user)
        guard author == draft.identity || draft.identity.userID == nil && author == .name(draft.user) else {
            return false
        }
        guard let seconds = draft.editWindowSeconds else { return true }
        return clockMicroseconds - target.message.time.microseconds <= Int64(seconds) * 1_000_000
    }

    /// Adds a row to `changes`, replaces its target and removes the text of the edit that it supersedes.
    private mutating func store(_ change: StoredChange, _ target: Row) {
        guard var row = rooms[change.room], let index = row.index(of: change.target) else { return }
        rooms[change.room] = nil
        defer { rooms[change.room] = row }
        row.lastSeq = change.seq
        row.rows[index] = target
        row.changes.append(ChangeRow(change: change, states: RowStates(EncodedMessage(change))))
        guard let edit = row.changes.lastIndex(where: { $0.change.seq == change.supersedes }) else { return }
        row.changes[edit].change.kind = .edited(text: "")
        row.changes[edit].states.change(to: EncodedMessage(row.changes[edit].change), by: change.seq)
    }

    private func receipt(_ outcomes: [ChangeReceipt.Outcome], of batch: ChangeBatch) -> ChangeReceipt {
        var stored: [RoomID: ClosedRange<Int64>] = [:]
        for (request, outcome) in zip(batch.requests, outcomes) {
            guard case .stored(let seq) = outcome else { continue }
            let known = stored[request.room] ?? seq...seq
            stored[request.room] = min(known.lowerBound, seq)...max(known.upperBound, seq)
        }
        return ChangeReceipt(
            outcomes: outcomes,
            runs: stored.sorted { $0.key < $1.key }.map {
                run(in: $0.key, after: $0.value.lowerBound - 1, through: $0.value.upperBound)
            })
    }
}

extension LogModel.Row {
    /// Changes the message; nil if it is as wanted.
    fileprivate mutating func change(
        _ draft: ChangeDraft, to seq: Int64, _ triggers: Triggers
    ) throws(StoreError) -> StoredChange.Kind? {
        var changes = message.changes ?? MessageChanges(changedSeq: seq)
        let kind: StoredChange.Kind
        switch draft.action {
        case .delete:
            message.text = ""
            reactions = []
            changes.isDeleted = true
            kind = .deleted
        case .edit(let text):
            message.text = try triggers.edited(text)
            changes.editedSeq = seq
            var unchanged = message
            unchanged.changes = nil
            restated.append(EncodedMessage(unchanged))
            kind = .edited(text: message.text)
        case .react(let emoji, let isOn):
            guard react(emoji, isOn, draft) else { return nil }
            let all = reactions.first { $0.emoji == emoji }?.reaction
            kind = .reacted(emoji: emoji, isOn: isOn, all: all)
        case .moderate: return nil
        }
        changes.changedSeq = seq
        changes.reactions = reactions.map(\.reaction)
        message.changes = changes
        states.change(to: EncodedMessage(message), by: seq)
        return kind
    }

    /// Sets or withdraws a reaction; false if that changes nothing.
    private mutating func react(_ emoji: String, _ isOn: Bool, _ draft: ChangeDraft) -> Bool {
        let index = reactions.firstIndex { $0.emoji == emoji }
        var reactors = index.map { reactions[$0] } ?? LogModel.Reactors(emoji: emoji)
        guard reactors.people.contains(where: { $0.identity == draft.identity }) != isOn else { return false }
        if isOn {
            reactors.people.append((draft.identity, draft.user))
        } else {
            reactors.people.removeAll { $0.identity == draft.identity }
        }
        let rest = reactors.people.isEmpty ? [] : [reactors]
        reactions.replaceSubrange(index.map { $0..<$0 + 1 } ?? reactions.endIndex..<reactions.endIndex, with: rest)
        return true
    }
}

extension Triggers {
    /// The text that the triggers make of that of an edit.
    fileprivate func edited(_ text: String) throws(StoreError) -> String {
        switch verdict(time: Timestamp(microseconds: 0), user: "", text: text) {
        case .stored(_, _, let stored): return stored
        case .dropped: throw .rejected(code: "27000", detail: "dropped by a trigger")
        case .refused(let code): throw .rejected(code: code, detail: "refused by a trigger")
        case .tooSlow: throw LogModel.timeout
        }
    }
}
