/// Checks that one receiver gets the numbers of a room without gaps and in order, across reconnects.
struct StreamAudit: Sendable, Equatable {
    /// How many gaps are remembered to distinguish a late message from a duplicate.
    static let gapsMax = 256

    /// Why a server could not resume where the receiver was.
    enum Reset: String, Sendable {
        /// The log has a new identity: the receiver starts from the beginning, which is not an error.
        case epoch
        /// The receiver has seen messages that the log does not have.
        case ahead
        /// Messages that the receiver has not seen are no longer kept.
        case pruned
    }

    /// The newest number received; nil before the first message if history is expected.
    private(set) var cursor: Int64?
    private var gaps: [ClosedRange<Int64>] = []

    /// Notes that a connection was authenticated.
    ///
    /// - Parameters:
    ///   - lastSeq: the newest number of the room at that moment.
    ///   - resumed: whether the server continues after `cursor`.
    ///   - reset: why the server did not resume, if the receiver had asked for it.
    ///   - bringsHistory: whether older messages come first.
    mutating func authenticated(
        lastSeq: Int64, resumed: Bool, reset: Reset?, bringsHistory: Bool, _ tally: inout AuditTally
    ) {
        if resumed, cursor != nil { return }
        if let cursor {
            switch reset {
            case .epoch: break
            case .ahead, .pruned, nil: tally.lost += Self.clamp(lastSeq.subtractingReportingOverflow(cursor))
            }
        }
        gaps = []
        cursor = bringsHistory ? nil : lastSeq
    }

    /// Notes that a message arrived.
    mutating func received(_ seq: Int64, _ tally: inout AuditTally) {
        guard let cursor else {
            self.cursor = seq
            return
        }
        if seq > cursor {
            let (missing, overflow) = (seq - 1).subtractingReportingOverflow(cursor)
            if missing > 0 || overflow {
                tally.lost += Self.clamp((missing, overflow))
                if gaps.count < Self.gapsMax { gaps.append(cursor + 1...seq - 1) }
            }
            self.cursor = seq
        } else if fill(seq) {
            tally.lost -= 1
            tally.outOfOrder += 1
        } else {
            tally.duplicated += 1
        }
    }

    /// Removes a number from a gap; returns false if it is in none.
    private mutating func fill(_ seq: Int64) -> Bool {
        guard let index = gaps.firstIndex(where: { $0.contains(seq) }) else { return false }
        let gap = gaps.remove(at: index)
        if gap.lowerBound < seq { gaps.append(gap.lowerBound...seq - 1) }
        if seq < gap.upperBound { gaps.append(seq + 1...gap.upperBound) }
        return true
    }

    /// A distance as a count; numbers that a broken server invents must not overflow the tally.
    private static func clamp(_ distance: (partialValue: Int64, overflow: Bool)) -> Int {
        distance.overflow ? 1 << 40 : Int(min(distance.partialValue.magnitude, 1 << 40))
    }
}
