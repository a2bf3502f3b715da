/// A message before it is stored.
public struct Draft: Sendable, Equatable {
    /// The name of the sender.
    public var user: String
    /// The text: valid UTF-8, not empty, no NUL.
    public var text: String
    /// The sender's own id for the message (1 to 64 characters): makes the send idempotent within (room, identity).
    public var clientID: String?
    /// Whom the id belongs to; nil if it is the name `user`. It does not change when the user is renamed.
    public var identity: Identity?

    /// The number of the message that it replies to.
    public var replyTo: Int64?

    /// The bytes of all fields that a client or the embedding application chooses.
    public var byteCount: Int {
        user.utf8.count + text.utf8.count + (clientID?.utf8.count ?? 0) + (identity?.text.utf8.count ?? 0)
    }

    /// A message to be stored.
    public init(
        user: String, text: String, clientID: String?, identity: Identity? = nil, replyTo: Int64? = nil
    ) {
        self.user = user
        self.replyTo = replyTo
        self.identity = identity
        self.text = text
        self.clientID = clientID
    }

    /// A message of a session: under its name, with an id that is stored under its identity.
    public init(_ text: String, clientID: String?, replyTo: Int64? = nil, of session: Session) {
        self.init(
            user: session.userName, text: text, clientID: clientID,
            identity: session.identity == .name(session.userName) ? nil : session.identity, replyTo: replyTo)
    }
}
