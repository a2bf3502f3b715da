/// What a client does after its connection ended: the table of close codes.
enum CloseAdvice: Equatable {
    /// Reconnect after a time that grows with each failure.
    case comeBack
    /// Reconnect after this many milliseconds, as the server asked.
    case comeBackAfter(milliseconds: Int)
    /// Do not reconnect.
    case stayAway

    /// The longest wait that a server may ask for, in milliseconds.
    static let retryMillisecondsMax = 60_000

    /// The advice for a close code; nil stands for a connection that ended without one.
    static func of(code: UInt16?, reason: String) -> CloseAdvice {
        switch code {
        case nil, 1000, 1006, 1011, 4408, 4429: return .comeBack
        case 1001, 1012, 1013:
            guard let range = reason.firstRange(of: "retry_ms="),
                let wait = Int(reason[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
            else { return .comeBack }
            return .comeBackAfter(milliseconds: min(wait, retryMillisecondsMax))
        default: return .stayAway
        }
    }

    /// The upper bound of the wait before an attempt, in seconds: doubles with each consecutive failure, up to 10.
    static func waitMax(afterFailures failures: Int) -> Double {
        failures > 6 ? 10 : min(10, 0.25 * Double(1 << max(0, failures)))
    }
}
