import Testing

@testable import DB

@Suite struct HostQueueTests {
    @Test func resolvesANameOnceForAllWhoAsk() {
        var queue = HostQueue<Int>(threadsMax: 2, waitersMax: 9)
        #expect(queue.ask("a", 1) == .wait(ticket: 0, startsThread: true))
        #expect(queue.ask("a", 2) == .wait(ticket: 1, startsThread: false))
        #expect(queue.next() == "a")
        #expect(queue.ask("a", 3) == .wait(ticket: 2, startsThread: false))
        #expect(queue.answered("a") == [1, 2, 3])
        #expect(queue.next() == nil)
        #expect(queue.ask("a", 4) == .wait(ticket: 3, startsThread: true))
    }

    @Test func namesThatHangTakeNoMoreThreadsThanThereMayBe() {
        var queue = HostQueue<Int>(threadsMax: 1, waitersMax: 9)
        _ = queue.ask("hangs", 1)
        #expect(queue.next() == "hangs")
        queue.giveBack("hangs", ticket: 0)
        #expect(queue.ask("hangs", 2) == .wait(ticket: 1, startsThread: false))
        #expect(queue.ask("other", 3) == .wait(ticket: 2, startsThread: false))
        #expect(queue.answered("hangs") == [2])
        #expect(queue.next() == "other")
    }

    @Test func refusesWhenAsManyWaitAsMay() {
        var queue = HostQueue<Int>(threadsMax: 1, waitersMax: 2)
        _ = queue.ask("a", 1)
        _ = queue.ask("b", 2)
        #expect(queue.ask("c", 3) == .full)
        // A name that is not waited for any more is not resolved either.
        queue.giveBack("a", ticket: 0)
        queue.giveBack("a", ticket: 0)
        #expect(queue.ask("c", 4) == .wait(ticket: 2, startsThread: false))
        #expect(queue.next() == "b")
        #expect(queue.next() == "c")
    }

    @Test func tellsThoseWhoWaitWhenThereIsNoThread() {
        var queue = HostQueue<Int>(threadsMax: 2, waitersMax: 9)
        _ = queue.ask("a", 1)
        _ = queue.ask("b", 2)
        #expect(queue.threadFailed() == [])
        #expect(queue.threadFailed() == [1, 2])
        #expect(queue.ask("a", 3) == .wait(ticket: 2, startsThread: true))
    }
}
