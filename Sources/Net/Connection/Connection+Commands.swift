internal import CoreMetrics
internal import NIOCore
internal import Rooms

extension Connection {
    /// Does what the client said in one read: messages said together are posted together.
    func handle(_ texts: [FrameText], in room: Room, as session: Session) async {
        var drafts: [Draft] = []
        for text in texts {
            let command: Command
            do { command = try Command.read(text) } catch {
                refuse(error)
                continue
            }
            switch command {
            case .message(let text, let id):
                if let draft = draft(text, id: id, as: session) { drafts.append(draft) }
            case .history(let before, let limit):
                await showHistory(in: room, before: before, limit: limit)
            case .sessionKey:
                refuse(WireError(.unknownCommand, "the session key belongs into the first frame"))
            }
        }
        // Also when the client has gone meanwhile: it said this before.
        guard !drafts.isEmpty else { return }
        if await !room.post(drafts, from: self) {
            for draft in drafts {
                refuse(
                    WireError(
                        .unavailable,
                        "the database is away and the queue is full: the message is not stored, try again",
                        clientID: draft.clientID))
            }
        }
    }

    private func draft(_ text: String, id: String?, as session: Session) -> Draft? {
        guard session.role != .reader else {
            refuse(WireError(.readOnly, "this session may read only", clientID: id))
            return nil
        }
        if let milliseconds = bucket?.take(now: NIODeadline.now().uptimeNanoseconds) {
            hub.metrics.rateLimited.increment()
            refuse(
                WireError(
                    .rateLimited, "too many messages: try again in \(milliseconds) ms", clientID: id,
                    retryAfterMilliseconds: milliseconds))
            return nil
        }
        refusedInARow = 0
        return Draft(user: session.userName, text: text, clientID: id)
    }

    private func showHistory(in room: Room, before: Int64?, limit: Int?) async {
        do {
            let (messages, more) = try await room.history(before: before, limit: limit)
            reply(Reply.history(messages, more: more))
        } catch {
            refuse(WireError(.unavailable, "the database is away: try again"))
        }
    }

    private func refuse(_ error: WireError) {
        refusedInARow += 1
        guard refusedInARow <= hub.limits.refusedInARowMax else {
            return close(.flooding, reason: "nothing but refused messages")
        }
        reply(Reply.error(error))
    }
}
