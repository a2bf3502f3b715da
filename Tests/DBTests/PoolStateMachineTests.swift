import Testing

@testable import DB

@Suite struct PoolStateMachineTests {
    private func pool(
        size: Int, bulkMax: Int = 9, urgentWaitersMax: Int = 9, bulkWaitersMax: Int = 9
    ) -> PoolStateMachine<Int> {
        PoolStateMachine(
            size: size,
            limits: .init(urgentWaitersMax: urgentWaitersMax, bulkWaitersMax: bulkWaitersMax, bulkMax: bulkMax))
    }

    /// A pool whose slots are all connected and idle.
    private func openPool(size: Int, bulkMax: Int) -> PoolStateMachine<Int> {
        var pool = pool(size: size, bulkMax: bulkMax)
        for slot in 0..<size { _ = pool.next(for: slot) }
        return pool
    }

    @Test func wakesAnIdleSlotOnce() {
        var pool = pool(size: 2)
        #expect(pool.submit(1, as: .urgent) == .queued)
        #expect(pool.wake() == nil)
        #expect(pool.next(for: 0) == 1)
        #expect(pool.next(for: 1) == nil)
        #expect(pool.submit(2, as: .urgent) == .queued)
        #expect(pool.wake() == 1)
        #expect(pool.submit(3, as: .urgent) == .queued)
        #expect(pool.wake() == nil)
        #expect(pool.next(for: 1) == 2)
        #expect(pool.next(for: 0) == 3)
        #expect(pool.openCount == 2)
    }

    @Test func refusesWhenTheQueueOfAClassIsFull() {
        var pool = pool(size: 1, urgentWaitersMax: 2, bulkWaitersMax: 1)
        #expect(pool.submit(1, as: .bulk) == .queued)
        #expect(pool.submit(2, as: .bulk) == .full)
        #expect(pool.submit(3, as: .urgent) == .queued)
        #expect(pool.submit(4, as: .urgent) == .queued)
        #expect(pool.submit(5, as: .urgent) == .full)
        #expect(pool.waitingCount(.urgent) == 2)
        #expect(pool.waitingCount(.bulk) == 1)
    }

    @Test func servesUrgentRequestsFirstAndEachClassInItsOrder() {
        var pool = pool(size: 1)
        for request in [10, 11] { _ = pool.submit(request, as: .bulk) }
        for request in [1, 2] { _ = pool.submit(request, as: .urgent) }
        let served = (0..<5).map { _ in pool.next(for: 0) }
        #expect(served == [1, 2, 10, 11, nil])
    }

    @Test func keepsOneSlotFreeOfBulk() {
        var pool = openPool(size: 3, bulkMax: 2)
        for request in 10...12 { _ = pool.submit(request, as: .bulk) }
        #expect(pool.wake() == 0)
        #expect(pool.wake() == 1)
        #expect(pool.wake() == nil)
        #expect(pool.next(for: 0) == 10)
        #expect(pool.next(for: 1) == 11)
        #expect(pool.wake() == nil)
        #expect(pool.submit(13, as: .bulk) == .queuedAtCap)
        #expect(pool.wake() == nil)
        // An urgent request finds the third slot, which then does not turn to bulk.
        #expect(pool.submit(1, as: .urgent) == .queued)
        #expect(pool.wake() == 2)
        #expect(pool.next(for: 2) == 1)
        #expect(pool.next(for: 2) == nil)
        // A slot that is done with bulk takes the next.
        #expect(pool.next(for: 0) == 12)
    }

    @Test func keepsOneOpenSlotFreeWhileOthersAreLost() {
        var pool = openPool(size: 3, bulkMax: 2)
        pool.lost(2)
        for request in 10...11 { _ = pool.submit(request, as: .bulk) }
        #expect(pool.wake() == 0)
        #expect(pool.next(for: 0) == 10)
        #expect(pool.wake() == nil)
        // The third is back with an urgent request: the second may work on bulk now.
        _ = pool.submit(1, as: .urgent)
        #expect(pool.wake() == 1)
        #expect(pool.next(for: 2) == 1)
        #expect(pool.next(for: 1) == 11)
    }

    @Test func aLostSlotLeavesItsShareOfBulkToAnother() {
        var pool = openPool(size: 3, bulkMax: 1)
        for request in 10...11 { _ = pool.submit(request, as: .bulk) }
        #expect(pool.wake() == 0)
        #expect(pool.next(for: 0) == 10)
        #expect(pool.wake() == nil)
        pool.lost(0)
        #expect(pool.giveBack(10, as: .bulk) == nil)
        #expect(pool.wake() == 1)
        #expect(pool.next(for: 1) == 10)
    }

    @Test func aSlotLostBeforeItTookItsWorkIsReplaced() {
        var pool = openPool(size: 2, bulkMax: 1)
        _ = pool.submit(1, as: .urgent)
        #expect(pool.wake() == 0)
        pool.lost(0)
        #expect(pool.wake() == 1)
        #expect(pool.next(for: 1) == 1)
    }

    @Test func oneSlotIsSharedByBothClasses() {
        var pool = openPool(size: 1, bulkMax: PostgresPool.bulkMax(of: 1))
        #expect(pool.submit(10, as: .bulk) == .queued)
        #expect(pool.wake() == 0)
        _ = pool.submit(1, as: .urgent)
        #expect(pool.next(for: 0) == 1)
        #expect(pool.next(for: 0) == 10)
        #expect(pool.submit(11, as: .bulk) == .queuedAtCap)
    }

    @Test func allConnectionsButOneWorkOnBulk() {
        #expect([1, 2, 3, 8].map { PostgresPool.bulkMax(of: $0) } == [1, 1, 2, 7])
    }

    @Test func waitsWhileThereIsHopeAndRefusesWhenNoneIsLeft() {
        var pool = pool(size: 2)
        _ = pool.submit(1, as: .urgent)
        _ = pool.submit(10, as: .bulk)
        #expect(pool.failed(0) == [])
        #expect(pool.failed(1) == [1, 10])
        #expect(pool.submit(2, as: .urgent) == .away)
        #expect(pool.giveBack(3, as: .urgent) == 3)
        #expect(pool.next(for: 1) == nil)
        #expect(pool.submit(4, as: .urgent) == .queued)
        #expect(pool.wake() == 1)
        // A lost connection is at once replaced as a rule, so requests wait for the first attempt.
        pool.lost(1)
        #expect(pool.submit(5, as: .urgent) == .queued)
        #expect(pool.wake() == nil)
        #expect(pool.giveBack(6, as: .urgent) == nil)
        #expect(pool.next(for: 1) == 6)
        #expect(pool.openCount == 1)
    }

    @Test func triesOnlyIdleSlotsAndGivesThemNoWorkMeanwhile() {
        var pool = openPool(size: 2, bulkMax: 1)
        #expect(pool.startProbe(of: 0) == true)
        _ = pool.submit(1, as: .urgent)
        #expect(pool.wake() == 1)
        #expect(pool.startProbe(of: 1) == false)
        _ = pool.submit(2, as: .urgent)
        #expect(pool.wake() == nil)
        #expect(pool.openCount == 2)
        // The probe was answered: what has come meanwhile is next.
        #expect(pool.next(for: 0) == 1)
        #expect(pool.next(for: 1) == 2)
    }

    @Test func endRefusesEverything() {
        var pool = pool(size: 1)
        _ = pool.submit(10, as: .bulk)
        _ = pool.submit(1, as: .urgent)
        #expect(pool.end() == [1, 10])
        #expect(pool.submit(2, as: .bulk) == .away)
        #expect(pool.giveBack(3, as: .bulk) == 3)
    }

    @Test(arguments: [
        ("40001", RefusalKind.repeatNow), ("40P01", .repeatNow), ("25006", .reconnect), ("53100", .rejected),
        ("57014", .rejected), ("08006", .rejected), ("23505", .rejected), ("P0001", .rejected), ("", .rejected),
    ])
    func sortsRefusals(code: String, kind: RefusalKind) { #expect(RefusalKind(code: code) == kind) }
}
