/// What later changes made of a message.
public struct MessageChanges: Sendable, Equatable {
    /// The number of the newest change that the message contains.
    public var changedSeq: Int64
    /// The number of the newest edit; nil if the text is the first one.
    public var editedSeq: Int64?
    /// Whether the message is deleted: its text is empty then.
    public var isDeleted: Bool
    /// The reactions, the oldest emoji first.
    public var reactions: [Reaction]

    /// The changes of a message.
    public init(changedSeq: Int64, editedSeq: Int64? = nil, isDeleted: Bool = false, reactions: [Reaction] = []) {
        self.changedSeq = changedSeq
        self.editedSeq = editedSeq
        self.isDeleted = isDeleted
        self.reactions = reactions
    }
}

/// Who reacted to a message with an emoji.
public struct Reaction: Sendable, Equatable {
    /// The maximum number of names in `users`.
    public static let usersMax = 20

    /// 1 to 64 bytes of UTF-8.
    public var emoji: String
    /// The number of people, 1 or more.
    public var count: Int
    /// The names of the first people, in the order of their reactions.
    public var users: [String]

    /// The reactions with one emoji.
    public init(emoji: String, count: Int, users: [String]) {
        self.emoji = emoji
        self.count = count
        self.users = users
    }
}
