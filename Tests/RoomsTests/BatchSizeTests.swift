internal import Testing

@testable internal import Rooms

@Suite struct BatchSizeTests {
    private var size = BatchSize(first: 2000, ceiling: 2000, target: .milliseconds(500), shrink: 8)

    private mutating func quick(_ batches: Int = 1) {
        for _ in 0..<batches { size.stored(size.messagesMax, in: .milliseconds(1)) }
    }

    @Test mutating func beginsWithTheCeilingAndNeverExceedsIt() {
        quick(100)
        #expect(size.messagesMax == 2000)
    }

    @Test mutating func growsQuicklyToHalfOfWhatFailedAndRarelyBeyond() {
        size.timedOut(2000)
        #expect(size.messagesMax == 250)
        quick(2)
        #expect(size.messagesMax == 1000)
        quick(15)
        #expect(size.messagesMax == 1000)
        quick()
        #expect(size.messagesMax == 2000)
    }

    @Test mutating func doesNotAlternateWithASizeThatAlwaysFails() {
        // Nothing but single messages is stored in time.
        size.timedOut(2)
        quick(15)
        #expect(size.messagesMax == 1)
        quick()
        #expect(size.messagesMax == 2)
        size.timedOut(2)
        #expect(size.messagesMax == 1)
    }

    @Test mutating func becomesSmallerAfterSlowBatchesDownToOne() {
        for _ in 0..<20 { size.stored(size.messagesMax, in: .seconds(1)) }
        #expect(size.messagesMax == 1)
        quick(11)
        #expect(size.messagesMax == 2000)
    }

    @Test mutating func smallBatchesTellNothingOfLargeOnes() {
        size.timedOut(800)
        for _ in 0..<50 { size.stored(10, in: .milliseconds(1)) }
        #expect(size.messagesMax == 100)
    }

    @Test func beginsSmallAndAgainAfterSmallBatches() {
        var size = BatchSize(first: 64, ceiling: 2000, target: .milliseconds(250), shrink: 8)
        #expect(size.messagesMax == 64)
        for expected in [128, 256, 512, 1024, 2000] {
            size.stored(size.messagesMax, in: .milliseconds(2))
            #expect(size.messagesMax == expected)
        }
        size.stored(300, in: .milliseconds(2))
        #expect(size.messagesMax == 2000)
        for _ in 1...20 { size.stored(3, in: .milliseconds(2)) }
        #expect(size.messagesMax == 64)
    }
}
