/// A committed row of `log`.
public struct StoredMessage: Sendable, Equatable {
    /// The room of the message.
    public var room: RoomID
    /// Its number in the room: 1, 2, 3 … without holes, in commit order.
    public var seq: Int64
    /// When it was stored, by the database's clock.
    public var time: Timestamp
    /// The name of the sender.
    public var user: String
    /// The text.
    public var text: String
    /// The sender's own id for the message, if given.
    public var clientID: String?

    /// The `user_id` of the sender's session, if it had one.
    public var userID: String?

    /// The number of the message that this one replies to, if the sender gave one.
    public var replyTo: Int64?
    /// What later changes made of it; nil if there were none.
    public var changes: MessageChanges?

    /// A row of `log`.
    public init(
        room: RoomID, seq: Int64, time: Timestamp, user: String, text: String, clientID: String?, userID: String? = nil,
        replyTo: Int64? = nil, changes: MessageChanges? = nil
    ) {
        self.room = room
        self.seq = seq
        self.time = time
        self.user = user
        self.text = text
        self.clientID = clientID
        self.userID = userID
        self.replyTo = replyTo
        self.changes = changes
    }
}
