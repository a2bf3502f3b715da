import Testing

@testable import DB

@Suite struct PoolStateMachineTests {
    @Test func wakesAnIdleSlotOnce() {
        var pool = PoolStateMachine<Int>(size: 2, waitersMax: 9)
        #expect(pool.submit(1) == .queued(wake: nil))
        #expect(pool.next(for: 0) == 1)
        #expect(pool.next(for: 1) == nil)
        #expect(pool.submit(2) == .queued(wake: 1))
        #expect(pool.submit(3) == .queued(wake: nil))
        #expect(pool.next(for: 1) == 2)
        #expect(pool.next(for: 0) == 3)
        #expect(pool.openCount == 2)
    }

    @Test func refusesWhenFull() {
        var pool = PoolStateMachine<Int>(size: 1, waitersMax: 2)
        _ = pool.submit(1)
        _ = pool.submit(2)
        #expect(pool.submit(3) == .full)
        #expect(pool.waitingCount == 2)
    }

    @Test func waitsWhileThereIsHopeAndRefusesWhenNoneIsLeft() {
        var pool = PoolStateMachine<Int>(size: 2, waitersMax: 9)
        _ = pool.submit(1)
        #expect(pool.failed(0) == [])
        #expect(pool.failed(1) == [1])
        #expect(pool.submit(2) == .away)
        #expect(pool.giveBack(3) == 3)
        #expect(pool.next(for: 1) == nil)
        #expect(pool.submit(4) == .queued(wake: 1))
        // A lost connection is at once replaced as a rule, so requests wait for the first attempt.
        pool.lost(1)
        #expect(pool.submit(5) == .queued(wake: nil))
        #expect(pool.giveBack(6) == nil)
        #expect(pool.next(for: 1) == 6)
        #expect(pool.openCount == 1)
    }

    @Test func triesOnlyIdleSlotsAndGivesThemNoWorkMeanwhile() {
        var pool = PoolStateMachine<Int>(size: 2, waitersMax: 9)
        #expect(pool.next(for: 0) == nil)
        #expect(pool.next(for: 1) == nil)
        #expect(pool.startProbe(of: 0) == true)
        #expect(pool.submit(1) == .queued(wake: 1))
        #expect(pool.startProbe(of: 1) == false)
        #expect(pool.submit(2) == .queued(wake: nil))
        #expect(pool.openCount == 2)
        // The probe was answered: what has come meanwhile is next.
        #expect(pool.next(for: 0) == 1)
        #expect(pool.next(for: 1) == 2)
    }

    @Test func endRefusesEverything() {
        var pool = PoolStateMachine<Int>(size: 1, waitersMax: 9)
        _ = pool.submit(1)
        #expect(pool.end() == [1])
        #expect(pool.submit(2) == .away)
        #expect(pool.giveBack(3) == 3)
    }

    @Test(arguments: [
        ("40001", RefusalKind.repeatNow), ("40P01", .repeatNow), ("25006", .reconnect), ("53100", .unavailable),
        ("57P01", .unavailable), ("08006", .unavailable), ("23505", .rejected), ("P0001", .rejected),
    ])
    func sortsRefusals(code: String, kind: RefusalKind) { #expect(RefusalKind(code: code) == kind) }
}
