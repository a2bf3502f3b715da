/// What moderation has set for a person and the person's room. A class, because most sessions have none.
public final class Moderation: Sendable, Equatable {
    /// The time in which a person may not write.
    public enum Mute: Sendable, Equatable {
        /// Without an end.
        case forEver
        /// Until this moment, by the database's clock.
        case until(Timestamp)

        /// Whether it has ended.
        public func isOver(at now: Timestamp) -> Bool {
            if case .until(let end) = self { end <= now } else { false }
        }
    }

    /// Whether the person may not write; nil if the person may.
    public let mute: Mute?
    /// Whether the person may not connect.
    public let isBanned: Bool
    /// Whether only moderators may write in the room.
    public let isFrozen: Bool
    /// The seconds between two messages of a person who is no moderator; 0 for no limit.
    public let slowModeSeconds: Int32

    /// What is set; nil if that is nothing.
    public init?(mute: Mute?, isBanned: Bool, isFrozen: Bool, slowModeSeconds: Int32) {
        guard mute != nil || isBanned || isFrozen || slowModeSeconds > 0 else { return nil }
        self.mute = mute
        self.isBanned = isBanned
        self.isFrozen = isFrozen
        self.slowModeSeconds = max(0, slowModeSeconds)
    }

    /// Whether the same is set.
    public static func == (lhs: Moderation, rhs: Moderation) -> Bool {
        lhs === rhs
            || lhs.mute == rhs.mute && lhs.isBanned == rhs.isBanned && lhs.isFrozen == rhs.isFrozen
                && lhs.slowModeSeconds == rhs.slowModeSeconds
    }
}
