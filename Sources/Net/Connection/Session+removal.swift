internal import Rooms

extension Session {
    /// Why moderation closes a connection that logged in with an earlier version of the session; nil if it does not.
    func removal(since login: Session) -> String? {
        if isBanned { return "banned" }
        return kicks > login.kicks ? "kicked" : nil
    }
}
