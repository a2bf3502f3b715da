/// The number of a room, as in `sessions.chat_room`.
public struct RoomID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The integer of the SQL API.
    public var rawValue: Int32

    /// A room by its number.
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Orders rooms by number: the order in which their rows are locked.
    public static func < (lhs: RoomID, rhs: RoomID) -> Bool { lhs.rawValue < rhs.rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}
