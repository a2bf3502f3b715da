import Testing

@testable import LoadClient

/// A lost, a doubled and a late message are each found, and nothing else is.
@Suite struct StreamAuditTests {
    private static func audit(_ seqs: [Int64], after lastSeq: Int64 = 10) -> AuditTally {
        var tally = AuditTally()
        var stream = StreamAudit()
        stream.authenticated(lastSeq: lastSeq, resumed: false, reset: nil, bringsHistory: false, &tally)
        for seq in seqs { stream.received(seq, &tally) }
        return tally
    }

    @Test func aDenseStreamIsClean() { #expect(Self.audit([11, 12, 13]).isClean) }

    @Test func aLostMessageIsFound() { #expect(Self.audit([11, 13, 14]) == AuditTally(lost: 1)) }

    @Test func aLostFirstMessageIsFound() { #expect(Self.audit([12]) == AuditTally(lost: 1)) }

    @Test func aDoubledMessageIsFound() { #expect(Self.audit([11, 11, 12]) == AuditTally(duplicated: 1)) }

    @Test func swappedMessagesAreFound() { #expect(Self.audit([12, 11, 13]) == AuditTally(outOfOrder: 1)) }

    @Test func aLateMessageThatComesTwiceIsLateAndDoubled() {
        #expect(Self.audit([14, 12, 12, 15]) == AuditTally(lost: 2, duplicated: 1, outOfOrder: 1))
    }

    @Test func numbersOfABrokenServerDoNotOverflow() {
        #expect(Self.audit([.max, .max, 11], after: 0).isClean == false)
        #expect(Self.audit([1], after: .min).lost > 0)
    }

    @Test func anExactResumeIsClean() {
        var tally = AuditTally()
        var stream = StreamAudit()
        stream.authenticated(lastSeq: 10, resumed: false, reset: nil, bringsHistory: false, &tally)
        stream.received(11, &tally)
        stream.authenticated(lastSeq: 20, resumed: true, reset: nil, bringsHistory: false, &tally)
        for seq in Int64(12)...21 { stream.received(seq, &tally) }
        #expect(tally.isClean)
        #expect(stream.cursor == 21)
    }

    @Test(arguments: [
        (StreamAudit.Reset.epoch, Int64(20), 0), (.pruned, 20, 10), (.ahead, 7, 3),
    ])
    func aResetLosesWhatItSkips(reset: StreamAudit.Reset, lastSeq: Int64, lost: Int) {
        var tally = AuditTally()
        var stream = StreamAudit()
        stream.authenticated(lastSeq: 10, resumed: false, reset: nil, bringsHistory: false, &tally)
        stream.authenticated(lastSeq: lastSeq, resumed: false, reset: reset, bringsHistory: false, &tally)
        stream.received(lastSeq + 1, &tally)
        #expect(tally == AuditTally(lost: lost))
    }

    @Test func historyMayBeginAnywhereButMustBeDense() {
        var tally = AuditTally()
        var stream = StreamAudit()
        stream.authenticated(lastSeq: 10, resumed: false, reset: nil, bringsHistory: true, &tally)
        for seq: Int64 in [8, 9, 11] { stream.received(seq, &tally) }
        #expect(tally == AuditTally(lost: 1))
    }
}
