/// Who somebody is. Two sessions are of one person if their identities are equal.
public enum Identity: Sendable, Hashable {
    /// The name: of a session without a `user_id`, the one that it had first.
    case name(String)
    /// The `user_id` that the embedding application gave.
    case userID(String)

    /// The `user_id`; nil if the name is the identity.
    public var userID: String? { if case .userID(let id) = self { id } else { nil } }

    /// The name or the `user_id`.
    public var text: String {
        switch self {
        case .name(let text), .userID(let text): text
        }
    }
}
