internal import Rooms

/// A batch of changes as the parameters of `store_changes`: an element of each array for each request.
struct ChangeParameters {
    /// `$1` to `$17`, in order.
    let values: [PostgresValue]

    /// The parameters of a batch that is stored under the name of `writer`.
    init(_ batch: ChangeBatch, writer: WriterID) {
        let drafts = batch.requests.map(\.draft)
        let clientIDs = drafts.map(\.clientID)
        values = [
            .uuid(writer), .bigint(batch.number), .integers(batch.requests.map(\.room.rawValue)),
            .texts(drafts.map { $0.action.word }), .bigints(drafts.map(\.target)),
            .texts(drafts.map { $0.action.text }),
            .texts(drafts.map { $0.action.emoji }), .integers(drafts.map { $0.action.isOn ? 1 : 0 }),
            .texts(drafts.map(\.user)), .texts(drafts.map(\.identity.userID)), .texts(drafts.map(\.identity.text)),
            .integers(drafts.map { $0.isModerator ? 1 : 0 }),
            .optionalBigints(drafts.map { $0.editWindowSeconds.map { Int64($0) } }),
            // Without client ids, the database skips the search for repeats.
            .texts(clientIDs.contains { $0 != nil } ? clientIDs : nil),
            .texts(drafts.map { $0.action.moderation?.person }),
            .optionalBigints(drafts.map { $0.action.moderation?.seconds }),
            .optionalBigints(drafts.map { $0.action.moderation?.setting }),
        ]
    }
}

extension ChangeDraft.Action {
    /// The word of `store_changes` for it.
    fileprivate var word: String {
        switch self {
        case .delete: "delete"
        case .edit: "edit"
        case .react: "react"
        case .moderate(let action): "\(action.name)"
        }
    }

    fileprivate var moderation: ModerationAction? { if case .moderate(let action) = self { action } else { nil } }
    /// The text of an edit, or the reason of moderation.
    fileprivate var text: String? { if case .edit(let text) = self { text } else { moderation?.reason } }
    fileprivate var emoji: String? { if case .react(let emoji, _) = self { emoji } else { nil } }
    fileprivate var isOn: Bool { if case .react(_, let isOn) = self { isOn } else { false } }
}

extension ModerationAction {
    fileprivate var seconds: Int64? {
        switch kind {
        case .mute(_, let seconds), .ban(_, let seconds): seconds
        case .kick, .freeze, .slowMode: nil
        }
    }

    fileprivate var setting: Int64? {
        switch kind {
        case .freeze(let isFrozen): isFrozen ? 1 : 0
        case .slowMode(let seconds): Int64(seconds)
        case .mute, .ban, .kick: nil
        }
    }
}
