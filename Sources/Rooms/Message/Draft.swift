/// A message before it is stored.
public struct Draft: Sendable, Equatable {
    /// Who says it.
    public var user: String
    /// What is said: valid UTF-8, not empty, no NUL.
    public var text: String
    /// The sender's own name for it (1 to 64 characters): makes the send idempotent within (room, identity).
    public var clientID: String?
    /// The name under which the sender's ids are kept, if it is not `user`: it stays when the user is renamed.
    public var identity: String?

    /// Bytes of everything in it that a client or the embedding application chose.
    public var byteCount: Int {
        user.utf8.count + text.utf8.count + (clientID?.utf8.count ?? 0) + (identity?.utf8.count ?? 0)
    }

    /// A message to be stored.
    public init(user: String, text: String, clientID: String?, identity: String? = nil) {
        self.user = user
        self.identity = identity
        self.text = text
        self.clientID = clientID
    }
}
