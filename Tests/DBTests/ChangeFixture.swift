import DB
import Rooms
import Synchronization

extension ChangeDraft {
    /// A change by a member, who has a day for it.
    static func of(
        _ target: Int64, _ action: Action, by user: String = "ann", identity: Identity? = nil,
        isModerator: Bool = false, window: Int? = 86_400, id: String? = nil
    ) -> ChangeDraft {
        ChangeDraft(
            target: target, action: action, user: user, identity: identity ?? .name(user), isModerator: isModerator,
            editWindowSeconds: window, clientID: id)
    }
}

extension ChangeBatch {
    private static let newest = Atomic<Int64>(0)

    /// Changes in one room, after all others of this process.
    static func of(_ drafts: [ChangeDraft], in room: Int32 = 1) -> ChangeBatch {
        ChangeBatch(
            number: newest.add(1, ordering: .relaxed).newValue,
            requests: drafts.map { Request(room: RoomID(room), draft: $0) })
    }
}

extension Database {
    /// Carries out changes in one room, and returns their outcomes.
    @discardableResult
    func change(_ drafts: ChangeDraft..., in room: Int32 = 1) async throws -> [ChangeReceipt.Outcome] {
        try await change(.of(drafts, in: room)).outcomes
    }
}
