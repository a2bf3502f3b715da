internal import Rooms

/// What becomes of a statement that has reached the database.
enum Statement<Value: Sendable>: Sendable {
    /// It ends after so much time; what it did is done at once.
    case ends(Result<Value, StoreError>, afterMicroseconds: Int64 = 0)
    /// It waits for a lock that another one holds until then.
    case waits(untilMicroseconds: Int64)
}
