internal import NIOCore
internal import Testing

@testable internal import Net

@Suite struct ConnectionDeadlinesTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1000 + seconds) }

    private func limits(
        handshake: Int64? = 10, interval: Int64? = 25, timeout: Int64? = 20, slow: Int64? = 30
    ) -> NetLimits {
        var limits = NetLimits()
        limits.handshakeTimeout = handshake.map { .seconds($0) }
        limits.pingInterval = interval.map { .seconds($0) }
        limits.pingTimeout = timeout.map { .seconds($0) }
        limits.slowTimeout = slow.map { .seconds($0) }
        limits.closeTimeout = .seconds(3)
        limits.lingerTimeout = .seconds(1)
        return limits
    }

    private func loggedIn(_ limits: NetLimits) -> ConnectionDeadlines {
        var deadlines = ConnectionDeadlines(limits: limits, now: at(0))
        deadlines.loggedIn(now: at(0))
        return deadlines
    }

    private func due(
        _ deadlines: inout ConnectionDeadlines, _ seconds: Int64, isUpgrading: Bool = false, isQueueing: Bool = false
    ) -> ConnectionDeadlines.Due {
        deadlines.check(now: at(seconds), isUpgrading: isUpgrading, isQueueing: isQueueing)
    }

    @Test func abandonsASocketThatDoesNotUpgrade() {
        var deadlines = ConnectionDeadlines(limits: limits(), now: at(0))
        deadlines.heard(now: at(9))
        #expect(due(&deadlines, 9, isUpgrading: true) == .none)
        #expect(due(&deadlines, 10, isUpgrading: true) == .abandon)
    }

    @Test func tellsAWebSocketThatItsLoginIsLate() {
        var deadlines = ConnectionDeadlines(limits: limits(), now: at(0))
        #expect(due(&deadlines, 9) == .none)
        #expect(due(&deadlines, 10) == .tooLate)
        deadlines.loggedIn(now: at(10))
        #expect(due(&deadlines, 11) == .none)
    }

    @Test func pingsTheQuietAndGivesThemTime() {
        var deadlines = loggedIn(limits())
        #expect(due(&deadlines, 24) == .none)
        #expect(due(&deadlines, 25) == .ping)
        #expect(due(&deadlines, 44) == .none)
        #expect(due(&deadlines, 45) == .tooLate)
    }

    @Test func isContentWithAnythingHeard() {
        var deadlines = loggedIn(limits())
        deadlines.heard(now: at(20))
        #expect(due(&deadlines, 44) == .none)
        #expect(due(&deadlines, 45) == .ping)
        deadlines.heard(now: at(50))
        #expect(due(&deadlines, 74) == .none)
        #expect(due(&deadlines, 75) == .ping)
    }

    @Test func endsWhoTakesNothingFromItsQueue() {
        var deadlines = loggedIn(limits(interval: nil))
        deadlines.progressed(now: at(100))
        deadlines.sawQueue(bytes: 500, now: at(101))
        deadlines.sawQueue(bytes: 500, now: at(110))
        #expect(due(&deadlines, 130, isQueueing: true) == .none)
        #expect(due(&deadlines, 131, isQueueing: true) == .stuck)
        #expect(due(&deadlines, 131, isQueueing: false) == .none)
    }

    /// The contract: only a client that makes no progress at all is closed, and its pong waits behind its queue.
    @Test func letsASlowReaderReadAsLongAsItMakesProgress() {
        var deadlines = loggedIn(limits())
        for second in 1...200 {
            deadlines.sawQueue(bytes: 100_000 - second, now: at(Int64(second)))
            let due = due(&deadlines, Int64(second), isQueueing: true)
            #expect(due == .none || due == .ping)
        }
        #expect(due(&deadlines, 201) == .none)
        #expect(due(&deadlines, 225) == .ping)
        #expect(due(&deadlines, 245) == .tooLate)
    }

    @Test func abandonsACloseThatIsNotAnswered() {
        var deadlines = loggedIn(limits())
        deadlines.closing(now: at(5))
        #expect(due(&deadlines, 7) == .none)
        #expect(due(&deadlines, 8, isQueueing: true) == .abandon)
        #expect(due(&deadlines, 9) == .none)
    }

    @Test func waitsLessForTheEndOfASocketWithNothingLeftToSay() {
        var deadlines = loggedIn(limits())
        deadlines.closing(now: at(5))
        deadlines.lingering(now: at(5))
        #expect(due(&deadlines, 5) == .none)
        #expect(due(&deadlines, 6) == .abandon)
        var late = loggedIn(limits())
        late.closing(now: at(5))
        late.lingering(now: at(8))
        #expect(due(&late, 8) == .abandon)
    }

    @Test func waitsForEverWhereNoLimitIsSet() {
        var deadlines = ConnectionDeadlines(limits: limits(handshake: nil, interval: nil, slow: nil), now: at(0))
        #expect(due(&deadlines, 1_000_000, isUpgrading: true) == .none)
        #expect(due(&deadlines, 1_000_000, isQueueing: true) == .none)
        var patient = loggedIn(limits(timeout: nil))
        #expect(due(&patient, 25) == .ping)
        #expect(due(&patient, 1_000_000) == .none)
    }
}
