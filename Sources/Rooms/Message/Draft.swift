/// A message before it is stored.
public struct Draft: Sendable, Equatable {
    /// Who says it.
    public var user: String
    /// What is said: valid UTF-8, not empty, no NUL.
    public var text: String
    /// The sender's own name for it (1 to 64 characters): makes the send idempotent within (room, user).
    public var clientID: String?

    /// A message to be stored.
    public init(user: String, text: String, clientID: String?) {
        self.user = user
        self.text = text
        self.clientID = clientID
    }
}
