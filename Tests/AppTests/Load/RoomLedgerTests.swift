import Testing

@testable import LoadClient

/// All receivers get the same content under the same number.
@Suite struct RoomLedgerTests {
    @Test func aDifferenceIsFound() {
        var tally = AuditTally()
        var ledger = RoomLedger()
        for hash: UInt64 in [7, 7, 8] { ledger.received(5, hash: hash, &tally) }
        #expect(tally == AuditTally(differing: 1))
        #expect(ledger.newest == 5)
    }

    @Test func whatIsTooOldIsNotCompared() {
        var tally = AuditTally()
        var ledger = RoomLedger()
        ledger.received(5, hash: 1, &tally)
        ledger.received(5 + Int64(RoomLedger.slotsMax), hash: 2, &tally)
        ledger.received(5, hash: 3, &tally)
        ledger.received(-1, hash: 3, &tally)
        #expect(tally.isClean)
    }

    @Test func everyByteCountsInAHash() {
        let bytes = [UInt8]("{\"seq\":1,\"message\":\"hello\"}".utf8)
        let hash = bytes.withUnsafeBytes(ContentHash.of)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(changed.withUnsafeBytes(ContentHash.of) != hash)
        }
        #expect((bytes + [0]).withUnsafeBytes(ContentHash.of) != hash)
    }
}
