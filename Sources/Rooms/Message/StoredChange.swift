/// A committed row of `changes`: an event in the room's sequence that changes an earlier message.
public struct StoredChange: Sendable, Equatable {
    /// What changed.
    public enum Kind: Sendable, Equatable {
        /// The message was deleted.
        case deleted
        /// The message has this text; empty if a later change has removed this text.
        case edited(text: String)
        /// Somebody set or withdrew a reaction.
        ///
        /// - Parameter all: the reactions with this emoji after the change; nil if none is left.
        case reacted(emoji: String, isOn: Bool, all: Reaction?)
    }

    /// The room of the message.
    public var room: RoomID
    /// The event's own number in the room.
    public var seq: Int64
    /// When it was stored, by the database's clock.
    public var time: Timestamp
    /// The name of the person who did it; nil if it was done by SQL without an actor.
    public var user: String?
    /// The `user_id` of that person, if there is one.
    public var userID: String?
    /// The number of the changed message.
    public var target: Int64
    /// What changed.
    public var kind: Kind
    /// The sender's own id for the command, if given.
    public var clientID: String?
    /// The number of the edit whose text this change removes; nil if there was none.
    public var supersedes: Int64?

    /// A row of `changes`.
    public init(
        room: RoomID, seq: Int64, time: Timestamp, user: String?, userID: String? = nil, target: Int64, kind: Kind,
        clientID: String? = nil, supersedes: Int64? = nil
    ) {
        self.room = room
        self.seq = seq
        self.time = time
        self.user = user
        self.userID = userID
        self.target = target
        self.kind = kind
        self.clientID = clientID
        self.supersedes = supersedes
    }
}
