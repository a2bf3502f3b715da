/// The events that a socket is watched for, or is ready for.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt8

    /// There is something to read, or the connection broke.
    static let read = Readiness(rawValue: 1)
    /// There is space to write, or the connection broke.
    static let write = Readiness(rawValue: 2)
}
