/// A committed row of `log`.
public struct StoredMessage: Sendable, Equatable {
    /// The room it was said in.
    public var room: RoomID
    /// Its place in the room: 1, 2, 3 … without holes, in commit order.
    public var seq: Int64
    /// When it was stored, by the database's clock.
    public var time: Timestamp
    /// Who said it.
    public var user: String
    /// What was said.
    public var text: String
    /// The sender's own name for it, if given.
    public var clientID: String?

    /// A row of `log`.
    public init(room: RoomID, seq: Int64, time: Timestamp, user: String, text: String, clientID: String?) {
        self.room = room
        self.seq = seq
        self.time = time
        self.user = user
        self.text = text
        self.clientID = clientID
    }
}
