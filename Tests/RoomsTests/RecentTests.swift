internal import Testing

@testable internal import Rooms

@Suite struct RecentTests {
    private func recent(_ seqs: ClosedRange<Int64>, countMax: Int = 10, bytesMax: Int = 1000, size: Int = 10) -> Recent
    {
        var recent = Recent(countMax: countMax, bytesMax: bytesMax)
        for seq in seqs { recent.append(EncodedMessage(seq: seq, json: Array(repeating: 0x20, count: size))) }
        return recent
    }

    @Test func keepsTheNewestByCount() {
        let recent = recent(1...25)
        #expect(recent.count == 10)
        #expect(recent.first == 16)
    }

    @Test func keepsTheNewestByBytes() {
        let recent = recent(1...25, bytesMax: 35)
        #expect(recent.count == 3)
        #expect(recent.first == 23)
    }

    @Test func keepsNothingThatIsLargerThanAllItsMemory() {
        let recent = recent(1...3, bytesMax: 9)
        #expect(recent.count == 0)
        #expect(recent.messages(from: 3, countMax: 10, bytesMax: 10) == nil)
    }

    @Test func keepsNothingWhenTurnedOff() {
        let recent = recent(1...3, countMax: 0)
        #expect(recent.first == nil)
        #expect(recent.messages(from: 1, countMax: 10, bytesMax: 10) == nil)
    }

    @Test func givesWhatFollowsANumber() {
        let recent = recent(1...25)
        #expect(recent.messages(from: 20, countMax: 100, bytesMax: 1000)?.map(\.seq) == [20, 21, 22, 23, 24, 25])
        #expect(recent.messages(from: 16, countMax: 3, bytesMax: 1000)?.map(\.seq) == [16, 17, 18])
        #expect(recent.messages(from: 25, countMax: 3, bytesMax: 1000)?.map(\.seq) == [25])
        #expect(recent.messages(from: 26, countMax: 3, bytesMax: 1000)?.isEmpty == true)
    }

    @Test func hasNoPartOfWhatItDropped() {
        #expect(recent(1...25).messages(from: 15, countMax: 100, bytesMax: 1000) == nil)
    }

    @Test func boundsAPageInBytesButGivesAtLeastOneMessage() {
        let recent = recent(1...5, size: 100)
        #expect(recent.messages(from: 1, countMax: 100, bytesMax: 250)?.map(\.seq) == [1, 2])
        #expect(recent.messages(from: 1, countMax: 100, bytesMax: 50)?.map(\.seq) == [1])
    }
}
