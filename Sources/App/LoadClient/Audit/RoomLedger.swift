/// Checks that every receiver of a room gets the same content under the same number.
///
/// It remembers the newest `slotsMax` numbers; a receiver further behind is not compared.
struct RoomLedger: Sendable {
    /// How many numbers are remembered; a power of two.
    static let slotsMax = 8192

    private struct Slot {
        var seq: Int64 = -1
        var hash: UInt64 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: slotsMax)
    /// The newest number that any receiver got; 0 before the first.
    private(set) var newest: Int64 = 0

    /// Notes that a receiver got a message; `hash` represents its content.
    mutating func received(_ seq: Int64, hash: UInt64, _ tally: inout AuditTally) {
        guard seq >= 0 else { return }
        newest = max(newest, seq)
        let index = Int(seq % Int64(Self.slotsMax))
        if slots[index].seq == seq {
            if slots[index].hash != hash { tally.differing += 1 }
        } else if slots[index].seq < seq {
            slots[index] = Slot(seq: seq, hash: hash)
        }
    }
}
