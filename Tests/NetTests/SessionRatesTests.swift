internal import MetricsTestKit
internal import Testing

@testable internal import Net

@Suite struct SessionRatesTests {
    private let second: UInt64 = 1_000_000_000

    private func limits(_ perSecond: Double? = 2, burst: Double = 3) -> NetLimits {
        var limits = NetLimits()
        (limits.sessionMessagesPerSecond, limits.sessionMessagesBurst) = (perSecond, burst)
        limits.sessionsLeftMax = 2
        return limits
    }

    @Test func connectionsOfASessionShareOneRate() throws {
        let rates = SessionRates(limits: limits(), metrics: NetMetrics())
        let one = try #require(rates.enter("s", limits: limits(), now: 0))
        let two = try #require(rates.enter("s", limits: limits(), now: 0))
        let other = try #require(rates.enter("t", limits: limits(), now: 0))
        #expect([one.take(now: 0), two.take(now: 0), one.take(now: 0), two.take(now: 0)] == [nil, nil, nil, 500])
        #expect(other.take(now: 0) == nil)
        #expect(two.take(now: second / 2) == nil)
        #expect(one.wait(now: second / 2) == 500)
    }

    @Test func comingBackGivesNothing() throws {
        let rates = SessionRates(limits: limits(), metrics: NetMetrics())
        for round in 0..<3 {
            let rate = try #require(rates.enter("s", limits: limits(), now: 0))
            #expect(rate.take(now: 0) == nil, "\(round)")
            rates.leave("s", rate, now: 0)
        }
        let rate = try #require(rates.enter("s", limits: limits(), now: 0))
        #expect(rate.take(now: 0) == 500)
    }

    @Test func staysWhileAnyConnectionDoes() throws {
        let rates = SessionRates(limits: limits(), metrics: NetMetrics())
        let one = try #require(rates.enter("s", limits: limits(), now: 0))
        let two = try #require(rates.enter("s", limits: limits(), now: 0))
        rates.leave("s", one, now: 0)
        #expect(rates.enter("s", limits: limits(), now: 0) === two)
    }

    @Test func otherLimitsAreForThoseWhoComeThen() throws {
        let rates = SessionRates(limits: limits(), metrics: NetMetrics())
        let old = try #require(rates.enter("s", limits: limits(), now: 0))
        let new = try #require(rates.enter("s", limits: limits(burst: 1), now: 0))
        #expect(new !== old)
        #expect(rates.enter("s", limits: limits(burst: 1), now: 0) === new)
        // Its leaving takes nothing from the others.
        rates.leave("s", old, now: 0)
        #expect(rates.enter("s", limits: limits(burst: 1), now: 0) === new)
        #expect(rates.enter("s", limits: limits(nil), now: 0) == nil)
    }

    @Test func rememberingIsBounded() throws {
        let registry = TestMetrics()
        let rates = SessionRates(limits: limits(), metrics: NetMetrics(factory: registry))
        func speakAndLeave(_ session: String, now: UInt64) throws {
            let rate = try #require(rates.enter(session, limits: limits(), now: now))
            for _ in 1...3 { _ = rate.take(now: now) }
            rates.leave(session, rate, now: now)
        }
        let forgotten = try registry.expectCounter("roomcast_session_rates_forgotten_total")
        for session in ["a", "b"] { try speakAndLeave(session, now: 0) }
        // These have their burst again, and make room.
        for session in ["c", "d"] { try speakAndLeave(session, now: 2 * second) }
        #expect(forgotten.totalValue == 0)
        try speakAndLeave("e", now: 2 * second)
        #expect(forgotten.totalValue == 2)
        #expect(rates.enter("c", limits: limits(), now: 2 * second)?.take(now: 2 * second) == nil)
        #expect(rates.enter("e", limits: limits(), now: 2 * second)?.take(now: 2 * second) == 500)
    }
}
