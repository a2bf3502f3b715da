internal import Testing

@testable internal import Net

@Suite struct TurnQueueTests {
    @Test func letsInWhoMayAndTheOthersInTheirOrder() {
        var queue = TurnQueue<String>(atOnceMax: 2, waitingMax: 2)
        let asked = ["a", "b", "c", "d", "e"].map { queue.ask($0) }
        #expect(asked == [.enter, .enter, .wait(ticket: 0), .wait(ticket: 1), .full])
        var turns = [queue.leave(), queue.leave()]
        #expect(turns == ["c", "d"])
        turns = [queue.leave(), queue.leave()]
        #expect(turns == [nil, nil])
        let again = ["f", "g", "h"].map { queue.ask($0) }
        #expect(again == [.enter, .enter, .wait(ticket: 2)])
    }

    @Test func passesOverWhoHasGivenItsTicketBack() {
        var queue = TurnQueue<String>(atOnceMax: 1, waitingMax: 2)
        let asked = ["a", "b", "c"].map { queue.ask($0) }
        #expect(asked == [.enter, .wait(ticket: 0), .wait(ticket: 1)])
        let gone = queue.giveBack(0)
        let late = queue.giveBack(0)
        #expect(gone == "b" && late == nil)
        // Its place is free.
        let next = queue.ask("d")
        #expect(next == .wait(ticket: 2))
        let turns = [queue.leave(), queue.leave(), queue.leave()]
        #expect(turns == ["c", "d", nil])
    }
}
