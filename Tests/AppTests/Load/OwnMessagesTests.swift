import Testing

@testable import LoadClient

/// Every own message comes back exactly once.
@Suite struct OwnMessagesTests {
    @Test func aMessageReturnsOnce() {
        var own = OwnMessages()
        let number = own.sent(at: 100)
        #expect(own.owed == 1)
        let outcome1 = own.returned(number, at: 350)
        #expect(outcome1 == 250)
        let outcome2 = own.returned(number, at: 400)
        #expect(outcome2 == nil)
        #expect(own.owed == 0)
    }

    @Test func aMessageNeverSentDoesNotReturn() {
        var own = OwnMessages()
        let outcome3 = own.returned(1, at: 1)
        #expect(outcome3 == nil)
    }

    @Test func aRefusalTakesTheNamedOrTheOldest() {
        var own = OwnMessages()
        let first = own.sent(at: 1)
        let second = own.sent(at: 2)
        own.refused(second)
        let outcome4 = own.returned(second, at: 3)
        #expect(outcome4 == nil)
        own.refused(nil)
        let outcome5 = own.returned(first, at: 3)
        #expect(outcome5 == nil)
        own.refused(nil)
        #expect(own.owed == 0)
    }

    @Test func aBrokenConnectionLeavesDoubtAndRepeatsEndIt() {
        var own = OwnMessages()
        let number = own.sent(at: 1)
        own.interrupted()
        #expect(own.owed == 0)
        #expect(own.uncertain == 1)
        let outcome6 = own.repeats()
        #expect(outcome6 == [number])
        #expect(own.owed == 1)
        let outcome7 = own.repeats()
        #expect(outcome7 == [])
        let outcome8 = own.returned(number, at: 5)
        #expect(outcome8 == 4)
        // The answer to the repeat: allowed once, a fault after that.
        let outcome9 = own.isAnswerToRepeat(number)
        #expect(outcome9)
        let outcome10 = own.isAnswerToRepeat(number)
        #expect(!outcome10)
    }
}
