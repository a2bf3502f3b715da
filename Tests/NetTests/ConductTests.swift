internal import Testing

@testable internal import Net

@Suite struct ConductTests {
    private let second: UInt64 = 1_000_000_000

    private func limits() -> NetLimits {
        var limits = NetLimits()
        (limits.controlFramesPerSecond, limits.controlFramesBurst) = (10, 3)
        (limits.historiesPerSecond, limits.historiesBurst) = (2, 1)
        (limits.refusalsPerSecond, limits.refusalsBurst) = (1, 2)
        return limits
    }

    @Test func eachKindHasABoundOfItsOwn() {
        var conduct = Conduct(limits: limits(), now: 0)
        let controls = (1...4).map { _ in conduct.allowsControl(now: 0) }
        #expect(controls == [true, true, true, false])
        let refusals = (1...3).map { _ in conduct.allowsRefusal(now: 0) }
        #expect(refusals == [true, true, false])
        let waits = (1...2).map { _ in conduct.historyWait(now: 0) }
        #expect(waits == [nil, 500])
    }

    @Test func allowsTheRateInTheLongRun() {
        var conduct = Conduct(limits: limits(), now: 0)
        for tick in 0..<1000 {
            let control = conduct.allowsControl(now: UInt64(tick) * second / 10)
            let refusal = conduct.allowsRefusal(now: UInt64(tick) * second)
            let wait = conduct.historyWait(now: UInt64(tick) * second / 2)
            #expect(control && refusal && wait == nil, "\(tick)")
        }
    }

    /// What suites and browsers send of pings in a row is no flood.
    @Test func allowsAThousandPingsAtOnceByDefault() {
        var conduct = Conduct(limits: NetLimits(), now: 0)
        let thousand = (1...1000).allSatisfy { _ in conduct.allowsControl(now: 0) }
        let oneMore = conduct.allowsControl(now: 0)
        #expect(thousand && !oneMore)
    }
}
