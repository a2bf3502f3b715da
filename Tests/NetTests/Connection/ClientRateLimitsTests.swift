internal import Testing

@testable internal import Net

@Suite struct ClientRateLimitsTests {
    private let second: UInt64 = 1_000_000_000

    private func limits() -> NetLimits {
        var limits = NetLimits()
        (limits.historiesPerSecond, limits.historiesBurst) = (2, 1)
        (limits.refusalsPerSecond, limits.refusalsBurst) = (1, 2)
        return limits
    }

    @Test func eachKindHasABoundOfItsOwn() {
        var rates = ClientRateLimits(limits: limits(), session: nil, now: 0)
        let refusals = (1...3).map { _ in rates.allowsRefusal(now: 0) }
        #expect(refusals == [true, true, false])
        let waits = (1...2).map { _ in rates.takeHistory(now: 0) }
        #expect(waits == [nil, 500])
    }

    @Test func allowsTheRateInTheLongRun() {
        var rates = ClientRateLimits(limits: limits(), session: nil, now: 0)
        for tick in 0..<1000 {
            let refusal = rates.allowsRefusal(now: UInt64(tick) * second)
            let wait = rates.takeHistory(now: UInt64(tick) * second / 2)
            #expect(refusal && wait == nil, "\(tick)")
        }
    }

    @Test func aMessageTakesFromBothLimitsOrFromNone() {
        var limits = NetLimits()
        (limits.messagesPerSecond, limits.messagesBurst) = (1, 2)
        let shared = SessionRate(perSecond: 0.5, burst: 3, now: 0)
        var one = ClientRateLimits(limits: limits, session: shared, now: 0)
        var other = ClientRateLimits(limits: limits, session: shared, now: 0)
        let ofOne = (1...3).map { _ in one.takeMessage(now: 0) }
        #expect(ofOne == [nil, nil, .connection(milliseconds: 1000)])
        let ofOther = (1...3).map { _ in other.takeMessage(now: 0) }
        #expect(ofOther == [nil, .session(milliseconds: 2000), .session(milliseconds: 2000)])
        // The session allows one message again; the other connection has kept one of its own.
        let later = other.takeMessage(now: 2 * second)
        #expect(later == nil)
    }

    @Test func withoutALimitAllMessagesAreAllowed() {
        var limits = NetLimits()
        limits.messagesPerSecond = nil
        var rates = ClientRateLimits(limits: limits, session: nil, now: 0)
        let areAllowed = (1...10_000).allSatisfy { _ in rates.takeMessage(now: 0) == nil }
        #expect(areAllowed)
    }
}
