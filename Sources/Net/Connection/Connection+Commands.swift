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
        // Also when the client has gone meanwhile: it said this before. But not what a revoked session said.
        guard !drafts.isEmpty, !isRevoked else { return }
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
        rateLimitedInARow = 0
        return Draft(user: session.userName, text: text, clientID: id)
    }

    private func showHistory(in room: Room, before: Int64?, limit: Int?) async {
        // A client that asks on without reading must not make the queue grow.
        guard !isFull else {
            return refuse(
                WireError(
                    .rateLimited, "read what was sent before asking for more", retryAfterMilliseconds: 1000))
        }
        do {
            let (messages, more) = try await room.history(before: before, limit: limit)
            reply(Reply.history(messages, more: more))
        } catch {
            refuse(WireError(.unavailable, "the database is away: try again"))
        }
    }

    private func refuse(_ error: WireError) {
        if error.code == .rateLimited { rateLimitedInARow += 1 }
        guard rateLimitedInARow <= hub.limits.rateLimitedInARowMax else {
            return close(.flooding, reason: "kept sending too fast")
        }
        guard !isFull else { return }
        reply(Reply.error(error))
    }
}
