internal import Testing

@testable internal import Rooms

@Suite struct RecentTests {
    private func recent(
        _ seqs: some Sequence<Int64>, floor: Int64 = 0, countMax: Int = 10, bytesMax: Int = 1000, size: Int = 10
    ) -> Recent {
        var recent = Recent(floor: floor, countMax: countMax, bytesMax: bytesMax)
        for seq in seqs { recent.append(EncodedMessage(seq: seq, json: Array(repeating: 0x20, count: size))) }
        return recent
    }

    private func seqs(
        _ recent: Recent, after seq: Int64, countMax: Int = 100, bytesMax: Int = 1000
    ) -> [Int64]? {
        recent.messages(after: seq, countMax: countMax, bytesMax: bytesMax)?.page.map(\.seq)
    }

    @Test func keepsTheNewestByCount() {
        let recent = recent(1...25)
        #expect(recent.count == 10)
        #expect(recent.floor == 15)
        #expect(recent.last?.seq == 25)
    }

    @Test func keepsTheNewestByBytes() {
        let recent = recent(1...25, bytesMax: 35)
        #expect(recent.count == 3)
        #expect(recent.floor == 22)
    }

    @Test func keepsNothingThatIsLargerThanAllItsMemory() {
        let recent = recent(1...3, bytesMax: 9)
        #expect(recent.count == 0)
        #expect(seqs(recent, after: 2) == nil)
        #expect(seqs(recent, after: 3) == [])
    }

    @Test func keepsNothingWhenTurnedOff() {
        let recent = recent(1...3, countMax: 0)
        #expect(recent.last == nil)
        #expect(seqs(recent, after: 0) == nil)
    }

    @Test func givesWhatFollowsANumber() {
        let recent = recent(1...25)
        #expect(seqs(recent, after: 19) == [20, 21, 22, 23, 24, 25])
        #expect(seqs(recent, after: 15, countMax: 3) == [16, 17, 18])
        #expect(seqs(recent, after: 24, countMax: 3) == [25])
        #expect(seqs(recent, after: 25, countMax: 3) == [])
        #expect(recent.messages(after: 15, countMax: 3, bytesMax: 1000)?.isAll == false)
        #expect(recent.messages(after: 22, countMax: 3, bytesMax: 1000)?.isAll == true)
    }

    @Test func findsPlacesAlsoWhereNumbersAreMissing() {
        let recent = recent([3, 4, 9, 10, 100, 101], floor: 2)
        #expect(seqs(recent, after: 2) == [3, 4, 9, 10, 100, 101])
        #expect(seqs(recent, after: 4) == [9, 10, 100, 101])
        #expect(seqs(recent, after: 7) == [9, 10, 100, 101])
        #expect(seqs(recent, after: 50, countMax: 1) == [100])
        #expect(seqs(recent, after: 200) == [])
        #expect(seqs(recent, after: 1) == nil)
        #expect(recent.message(9)?.seq == 9)
        #expect(recent.message(8) == nil)
        #expect(recent.message(102) == nil)
    }

    @Test func beginsTheNewestMessagesWhereNoneIsLeftOut() {
        let recent = recent([3, 4, 9, 10], floor: 1)
        #expect(recent.cursor(forNewest: 1, view: .changes) == 9)
        #expect(recent.cursor(forNewest: 3, view: .changes) == 3)
        #expect(recent.cursor(forNewest: 4, view: .changes) == 1)
        #expect(recent.cursor(forNewest: 5, view: .changes) == nil)
        #expect(recent.cursor(forNewest: 0, view: .changes) == nil)
    }

    @Test func hasNoPartOfWhatItDropped() {
        #expect(seqs(recent(1...25), after: 14) == nil)
    }

    @Test func forgetsWhatWasPruned() {
        var recent = recent(1...9)
        recent.forget(before: 7)
        #expect(recent.floor == 6)
        #expect(seqs(recent, after: 6) == [7, 8, 9])
        #expect(seqs(recent, after: 5) == nil)
        recent.forget(before: 100)
        #expect(recent.count == 0)
        #expect(seqs(recent, after: 9) == [])
    }

    @Test func boundsAPageInBytesButGivesAtLeastOneMessage() {
        let recent = recent(1...5, size: 100)
        #expect(seqs(recent, after: 0, bytesMax: 250) == [1, 2])
        #expect(seqs(recent, after: 0, bytesMax: 50) == [1])
    }
}
