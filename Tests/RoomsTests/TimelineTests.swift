internal import Testing

@testable internal import Rooms

@Suite struct TimelineTests {
    private static func stored(_ seqs: some Sequence<Int64>) -> [StoredMessage] {
        seqs.map {
            StoredMessage(
                room: RoomID(0), seq: $0, time: Timestamp(microseconds: 0), user: "u", text: "t\($0)", clientID: nil)
        }
    }

    private func encoded(_ seqs: ClosedRange<Int64>) -> [EncodedMessage] {
        Self.stored(seqs).map(EncodedMessage.init)
    }

    /// A room of messages 1...100, the newest 20 of which are in memory.
    private func timeline(first: Int64 = 1, last: Int64 = 100, recent: Int64 = 20) -> Timeline {
        var limits = RoomLimits()
        limits.recentPerRoom = Int(recent)
        limits.historyOnJoin = 10
        limits.historyMax = 50
        limits.pageMessagesMax = 8
        let oldest = max(first, last - recent + 1)
        return Timeline(
            RoomSnapshot(
                lastSeq: last, firstSeq: first, epoch: "e", recent: oldest > last ? [] : Self.stored(oldest...last)),
            limits: limits)
    }

    private func shown(_ admission: Timeline.Admission) -> [Int64]? {
        if case .show(let messages) = admission { messages.map(\.seq) } else { nil }
    }

    @Test func showsWhatContinuesTheRoom() {
        var timeline = timeline()
        #expect(shown(timeline.admit(encoded(101...103))) == [101, 102, 103])
        #expect(timeline.head == 103)
    }

    @Test func showsOnlyTheNewPartOfAnOverlap() {
        var timeline = timeline()
        #expect(shown(timeline.admit(encoded(99...102))) == [101, 102])
        #expect(timeline.head == 102)
    }

    @Test func knowsWhatItHasShown() {
        var timeline = timeline()
        #expect(timeline.admit(encoded(98...100)) == .known)
        #expect(timeline.admit([]) == .known)
        #expect(timeline.head == 100)
    }

    @Test func seesAGap() {
        var timeline = timeline()
        #expect(timeline.admit(encoded(102...104)) == .gap)
        #expect(timeline.head == 100)
    }

    @Test func startsAnEmptyRoomAtOne() {
        var timeline = timeline(first: 1, last: 0)
        #expect(timeline.start(.history(nil)) == .init(cursor: 0, resumed: false, reset: nil))
        #expect(timeline.page(after: 0) == .memory(Page(messages: [], through: 0, head: 0)))
        #expect(shown(timeline.admit(encoded(1...1))) == [1])
    }

    @Test(arguments: [
        (nil, 90), (0, 100), (1, 99), (25, 75), (50, 50), (51, 50), (Int.max, 50), (-5, 100),
    ])
    func startsHistoryAtTheNewest(asked: Int?, cursor: Int) {
        #expect(timeline().start(.history(asked)) == .init(cursor: Int64(cursor), resumed: false, reset: nil))
    }

    @Test func startsHistoryNoEarlierThanTheLogDoes() {
        #expect(timeline(first: 96).start(.history(50)).cursor == 95)
        #expect(timeline(first: 101).start(.history(50)).cursor == 100)
    }

    @Test(arguments: [0, 1, 99, 100]) func resumesExactly(after: Int64) {
        let expected = Timeline.Start(cursor: after, resumed: true, reset: nil)
        #expect(timeline().start(.resume(after: after, epoch: nil)) == expected)
        #expect(timeline().start(.resume(after: after, epoch: "e")) == expected)
    }

    @Test func resumesJustBehindWhatWasPruned() {
        #expect(timeline(first: 50).start(.resume(after: 49, epoch: "e")).resumed)
    }

    @Test(arguments: [
        (JoinRequest.resume(after: 50, epoch: "other"), ResumeRefusal.epoch),
        (.resume(after: 101, epoch: "e"), .ahead),
        (.resume(after: .max, epoch: nil), .ahead),
        (.resume(after: 48, epoch: "e"), .pruned),
        (.resume(after: 101, epoch: "other"), .epoch),
    ])
    func startsOverWhenItCannotResume(request: JoinRequest, reset: ResumeRefusal) {
        #expect(timeline(first: 50).start(request) == .init(cursor: 90, resumed: false, reset: reset))
    }

    @Test func pagesFromMemory() {
        guard case .memory(let page) = timeline().page(after: 80) else {
            Issue.record("81 is in memory")
            return
        }
        #expect(page.messages.map(\.seq) == Array(81...88))
        #expect(page.through == 88)
        #expect(page.head == 100)
    }

    @Test func pagesFromTheStoreWhatIsNotInMemory() {
        #expect(timeline().page(after: 79) == .store(after: 79, through: 100))
        #expect(timeline(recent: 0).page(after: 99) == .store(after: 99, through: 100))
        #expect(timeline(first: 50).page(after: 0) == .store(after: 49, through: 100))
    }

    @Test(arguments: [100, 101, Int64.max]) func hasNothingAfterItsHead(cursor: Int64) {
        #expect(timeline().page(after: cursor) == .memory(Page(messages: [], through: cursor, head: 100)))
    }
}
