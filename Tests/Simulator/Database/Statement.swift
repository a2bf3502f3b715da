internal import Rooms

/// The outcome of a statement that has reached the database.
enum Statement<Value: Sendable>: Sendable {
    /// It ends after this time; its effects are immediate.
    case ends(Result<Value, StoreError>, afterMicroseconds: Int64 = 0)
    /// It waits for a lock that another statement holds until this time.
    case waits(untilMicroseconds: Int64)
}
