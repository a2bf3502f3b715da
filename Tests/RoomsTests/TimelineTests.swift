internal import Testing

@testable internal import Rooms

@Suite struct TimelineTests {
    private static func stored(_ seqs: some Sequence<Int64>) -> [StoredMessage] {
        seqs.map {
            StoredMessage(
                room: RoomID(0), seq: $0, time: Timestamp(microseconds: 0), user: "u", text: "t\($0)", clientID: nil)
        }
    }

    /// A run without holes.
    private func run(_ seqs: ClosedRange<Int64>) -> EncodedRun {
        run(Array(seqs), after: seqs.lowerBound - 1, through: seqs.upperBound)
    }

    private func run(_ seqs: [Int64], after: Int64, through: Int64) -> EncodedRun {
        EncodedRun(LogRun(room: RoomID(0), after: after, through: through, messages: Self.stored(seqs)))
    }

    /// A room of messages 1...100, the newest 20 of which are in memory.
    private func timeline(first: Int64 = 1, last: Int64 = 100, recent: Int64 = 20) -> Timeline {
        var limits = RoomLimits()
        limits.recentPerRoom = Int(recent)
        limits.historyOnJoin = 10
        limits.historyMax = 50
        limits.pageMessagesMax = 8
        let oldest = max(first, last - max(1, recent) + 1)
        return Timeline(
            RoomSnapshot(
                span: RoomSpan(room: RoomID(0), firstSeq: first, lastSeq: last), epoch: "e",
                recent: oldest > last ? [] : Self.stored(oldest...last)),
            limits: limits)
    }

    private func shown(_ admission: Timeline.Admission) -> [Int64]? {
        if case .show(let run) = admission { run.messages.map(\.seq) } else { nil }
    }

    @Test func showsWhatContinuesTheRoom() {
        var timeline = timeline()
        #expect(shown(timeline.admit(run(101...103))) == [101, 102, 103])
        #expect(timeline.head == 103)
    }

    @Test func showsOnlyTheNewPartOfAnOverlap() {
        var timeline = timeline()
        #expect(shown(timeline.admit(run(99...102))) == [101, 102])
        #expect(timeline.head == 102)
    }

    @Test func knowsWhatItHasShown() {
        var timeline = timeline()
        #expect(timeline.admit(run(98...100)) == .known)
        #expect(timeline.admit(run([], after: 90, through: 100)) == .known)
        #expect(timeline.head == 100)
    }

    /// Seed 8827: the row was edited, and then deleted by hand before this process read of the edit.
    @Test func forgetsAChangedMessageThatTheLogDoesNotHoldAnyMore() {
        var timeline = timeline()
        let edit = StoredChange(
            room: RoomID(0), seq: 101, time: Timestamp(microseconds: 0), user: "u", target: 99,
            kind: .edited(text: "x"))
        _ = timeline.admit(EncodedRun(LogRun(room: RoomID(0), after: 100, through: 101, messages: [], changes: [edit])))
        #expect(timeline.message(99) == nil)
        guard case .memory(let page) = timeline.page(after: 97, view: .changes) else {
            Issue.record("the rows are not in memory")
            return
        }
        #expect(page.messages.map(\.seq) == [98, 100, 101])
        #expect(String(decoding: page.messages[1].json, as: UTF8.self).hasPrefix(#"{"seq":100,"prev_seq":98,"#))
    }

    @Test func seesAGap() {
        var timeline = timeline()
        #expect(timeline.admit(run(102...104)) == .gap)
        #expect(timeline.head == 100)
    }

    @Test func showsARunWithMissingNumbersAndSaysSo() throws {
        var timeline = timeline()
        guard case .show(let shown) = timeline.admit(run([102, 105], after: 100, through: 106)) else {
            Issue.record("it continues the room")
            return
        }
        #expect(shown.after == 100)
        #expect(shown.through == 106)
        #expect(timeline.head == 106)
        let texts = shown.messages.map { String(decoding: $0.json, as: UTF8.self) }
        #expect(texts[0].hasPrefix(#"{"seq":102,"prev_seq":100,"time""#))
        #expect(texts[1].hasPrefix(#"{"seq":105,"prev_seq":102,"time""#))
    }

    @Test func carriesMissingNumbersAtTheEndOfARunIntoTheNextOne() throws {
        var timeline = timeline()
        #expect(shown(timeline.admit(run([101], after: 100, through: 103))) == [101])
        // Nothing but numbers without rows: nothing to show, and not asked for again.
        #expect(timeline.admit(run([], after: 103, through: 104)) == .known)
        #expect(timeline.head == 104)
        guard case .show(let shown) = timeline.admit(run(105...106)) else {
            Issue.record("it continues the room")
            return
        }
        #expect(shown.after == 103)
        #expect(String(decoding: shown.messages[0].json, as: UTF8.self).contains(#""prev_seq":101,"#))
        #expect(!String(decoding: shown.messages[1].json, as: UTF8.self).contains("prev_seq"))
    }

    @Test func theNextMessageFollowsWhatTheStoreStillHas() {
        var timeline = timeline(recent: 0)
        // A page from the store after 90 was empty: the rows up to 100 were deleted.
        timeline.confirmed([], after: 90, through: 100)
        guard case .show(let shown) = timeline.admit(run(101...101)) else {
            Issue.record("it continues the room")
            return
        }
        #expect(String(decoding: shown.messages[0].json, as: UTF8.self).hasPrefix(#"{"seq":101,"prev_seq":90,"#))
        // What a page tells that ends before the head says nothing of the rest.
        timeline.confirmed([], after: 80, through: 100)
        #expect(shownText(timeline.admit(run(102...102)))?.contains("prev_seq") == false)
    }

    /// Memory that holds nothing but changes does not know the newest message; a page of the log tells it.
    @Test func aPageOfChangesTellsTheNewestMessageBeforeThem() {
        var limits = RoomLimits()
        limits.recentPerRoom = 2
        let room = RoomID(0)
        let changes = [9, 10].map { seq in
            StoredChange(
                room: room, seq: seq, time: Timestamp(microseconds: 0), user: "u", target: 5,
                kind: .reacted(emoji: "x", isOn: true, all: nil))
        }
        var timeline = Timeline(
            RoomSnapshot(
                span: RoomSpan(room: room, firstSeq: 1, lastSeq: 10), epoch: "e", recent: [], changes: changes),
            limits: limits)
        timeline.confirmed(changes.map(EncodedMessage.init), after: 5, through: 10)
        guard case .show(let run) = timeline.admit(run(11...11)) else { return #expect(Bool(false), "not shown") }
        let first = run.messagesOnly?.first.map { String(decoding: $0.json, as: UTF8.self) }
        #expect(first?.hasPrefix(#"{"seq":11,"prev_seq":5,"#) == true)
    }

    private func shownText(_ admission: Timeline.Admission) -> String? {
        guard case .show(let run) = admission else { return nil }
        return run.messages.first.map { String(decoding: $0.json, as: UTF8.self) }
    }

    @Test func tellsWhoResumesThatTheRowsBelowMemoryAreMissing() {
        // All rows of the room: those up to 6 were deleted.
        let timeline = Timeline(
            RoomSnapshot(
                span: RoomSpan(room: RoomID(0), firstSeq: 1, lastSeq: 8), epoch: "e", recent: Self.stored([7, 8])),
            limits: RoomLimits())
        #expect(timeline.start(.resume(after: 4, epoch: "e"), view: .changes).resumed)
        guard case .memory(let page) = timeline.page(after: 4, view: .changes) else {
            Issue.record("all rows are in memory")
            return
        }
        #expect(page.messages.map(\.seq) == [7, 8])
        #expect(String(decoding: page.messages[0].json, as: UTF8.self).hasPrefix(#"{"seq":7,"prev_seq":0,"#))
    }

    @Test func pagesOverMissingNumbersFromMemory() {
        var timeline = timeline()
        _ = timeline.admit(run([103, 107], after: 100, through: 110))
        guard case .memory(let page) = timeline.page(after: 100, view: .changes) else {
            Issue.record("101 ... 110 are in memory")
            return
        }
        #expect(page.messages.map(\.seq) == [103, 107])
        #expect(page.through == 110)
        #expect(timeline.page(after: 108, view: .changes) == .memory(Page(messages: [], through: 110, head: 110)))
    }

    @Test func startsHistoryWithSoManyMessagesNotNumbers() {
        var timeline = timeline(first: 100, last: 100)
        _ = timeline.admit(run([110, 120, 130], after: 100, through: 130))
        #expect(timeline.start(.history(2), view: .changes).cursor == 110)
        #expect(timeline.start(.history(4), view: .changes).cursor == 99)
        #expect(timeline.start(.history(9), view: .changes).cursor == 99)
    }

    @Test func asksTheStoreWhereManyMessagesBegin() {
        let timeline = timeline()
        #expect(timeline.countAskedOfStore(for: .history(20), view: .changes) == nil)
        #expect(timeline.countAskedOfStore(for: .history(21), view: .changes) == 21)
        #expect(timeline.countAskedOfStore(for: .history(1000), view: .changes) == 50)
        #expect(timeline.countAskedOfStore(for: .resume(after: 5, epoch: nil), view: .changes) == nil)
        #expect(
            timeline.start(.history(30), view: .changes, newest: RoomSpan(room: RoomID(0), firstSeq: 41, lastSeq: 100))
                .cursor == 40)
        // What the store knew and this process does not yet, or the other way round.
        #expect(
            timeline.start(.history(30), view: .changes, newest: RoomSpan(room: RoomID(0), firstSeq: 81, lastSeq: 110))
                .cursor == 70)
        #expect(
            timeline.start(.history(30), view: .changes, newest: RoomSpan(room: RoomID(0), firstSeq: 69, lastSeq: 98))
                .cursor == 70)
        #expect(timeline.start(.history(30), view: .changes, newest: nil).cursor == 0)
        #expect(self.timeline(recent: 200).countAskedOfStore(for: .history(1000), view: .changes) == nil)
    }

    @Test func asksTheStoreAboutAResumeThatItCannotMeetFromMemory() {
        let timeline = timeline()
        #expect(!timeline.mustAskStore(for: .resume(after: 80, epoch: "e")))
        #expect(timeline.mustAskStore(for: .resume(after: 79, epoch: "e")))
        #expect(timeline.mustAskStore(for: .resume(after: 101, epoch: "e")))
        #expect(timeline.mustAskStore(for: .resume(after: 100, epoch: "other")))
        #expect(!timeline.mustAskStore(for: .history(1000)))
    }

    @Test func learnsWhatWasPruned() {
        var timeline = timeline()
        timeline.learn(RoomSpan(room: RoomID(0), firstSeq: 95, lastSeq: 100))
        #expect(timeline.start(.resume(after: 93, epoch: "e"), view: .changes).reset == .pruned)
        #expect(timeline.start(.resume(after: 94, epoch: "e"), view: .changes).resumed)
        #expect(timeline.start(.history(50), view: .changes).cursor == 94)
        timeline.learn(RoomSpan(room: RoomID(0), firstSeq: .max, lastSeq: 120))
        #expect(timeline.firstSeq == 121)
        #expect(timeline.start(.resume(after: 110, epoch: "e"), view: .changes).reset == .pruned)
        #expect(
            timeline.start(.resume(after: 120, epoch: "e"), view: .changes)
                == .init(cursor: 120, resumed: true, reset: nil))
        #expect(timeline.start(.resume(after: 121, epoch: "e"), view: .changes).reset == .ahead)
    }

    @Test func startsAnEmptyRoomAtOne() {
        var timeline = timeline(first: 1, last: 0)
        #expect(timeline.start(.history(nil), view: .changes) == .init(cursor: 0, resumed: false, reset: nil))
        #expect(timeline.page(after: 0, view: .changes) == .memory(Page(messages: [], through: 0, head: 0)))
        #expect(shown(timeline.admit(run(1...1))) == [1])
    }

    @Test(arguments: [
        (nil, 90), (0, 100), (1, 99), (20, 80), (-5, 100),
    ])
    func startsHistoryAtTheNewest(asked: Int?, cursor: Int) {
        #expect(
            timeline().start(.history(asked), view: .changes)
                == .init(cursor: Int64(cursor), resumed: false, reset: nil))
    }

    @Test func startsHistoryNoEarlierThanTheLogDoes() {
        #expect(timeline(first: 96).start(.history(50), view: .changes).cursor == 95)
        #expect(timeline(first: 101).start(.history(50), view: .changes).cursor == 100)
        #expect(timeline(first: .max).start(.history(50), view: .changes).cursor == 100)
    }

    @Test(arguments: [0, 1, 99, 100]) func resumesExactly(after: Int64) {
        let expected = Timeline.Start(cursor: after, resumed: true, reset: nil)
        #expect(timeline().start(.resume(after: after, epoch: nil), view: .changes) == expected)
        #expect(timeline().start(.resume(after: after, epoch: "e"), view: .changes) == expected)
    }

    @Test func resumesJustBehindWhatWasPruned() {
        #expect(timeline(first: 50).start(.resume(after: 49, epoch: "e"), view: .changes).resumed)
    }

    @Test(arguments: [
        (JoinRequest.resume(after: 50, epoch: "other"), ResumeRefusal.epoch),
        (.resume(after: 101, epoch: "e"), .ahead),
        (.resume(after: .max, epoch: nil), .ahead),
        (.resume(after: 48, epoch: "e"), .pruned),
        (.resume(after: 101, epoch: "other"), .epoch),
    ])
    func startsOverWhenItCannotResume(request: JoinRequest, reset: ResumeRefusal) {
        #expect(timeline(first: 50).start(request, view: .changes) == .init(cursor: 90, resumed: false, reset: reset))
    }

    @Test func pagesFromMemory() {
        guard case .memory(let page) = timeline().page(after: 80, view: .changes) else {
            Issue.record("81 is in memory")
            return
        }
        #expect(page.messages.map(\.seq) == Array(81...88))
        #expect(page.through == 88)
        #expect(page.head == 100)
    }

    @Test func pagesFromTheStoreWhatIsNotInMemory() {
        #expect(timeline().page(after: 79, view: .changes) == .store(after: 79, through: 100))
        #expect(timeline(recent: 0).page(after: 99, view: .changes) == .store(after: 99, through: 100))
        #expect(timeline(first: 50).page(after: 0, view: .changes) == .store(after: 49, through: 100))
    }

    @Test(arguments: [100, 101, Int64.max]) func hasNothingAfterItsHead(cursor: Int64) {
        #expect(
            timeline().page(after: cursor, view: .changes) == .memory(Page(messages: [], through: cursor, head: 100)))
    }
}
