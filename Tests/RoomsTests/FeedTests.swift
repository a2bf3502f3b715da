internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct FeedTests {
    /// A member that has everything up to a number.
    private func live(at seq: Int64) -> Feed {
        var feed = Feed()
        feed.join(after: seq)
        #expect(feed.received(through: seq, head: seq, socketIsFull: false) == .rest)
        #expect(feed.isLive)
        return feed
    }

    @Test func joinsWithThePageOfTheWelcomeOrFetchesOne() {
        var joined = Joined(epoch: "e", lastSeq: 7, cursor: 3, resumed: true)
        var feed = Feed()
        let without = feed.joined(joined, socketIsFull: false)
        #expect(without == .fetch && feed.cursor == 3)
        joined.page = Page(messages: [], through: 7, head: 7)
        feed = Feed()
        let with = feed.joined(joined, socketIsFull: false)
        #expect(with == .rest && feed.cursor == 7 && feed.isLive)
    }

    @Test func isOfferedNothingBeforeTheRoomSaysWhereItStarts() {
        var feed = Feed()
        #expect(feed.offered(after: 0, last: 3, socketIsFull: false) == .ignore)
        #expect(!feed.isLive)
        #expect(feed.drained() == .rest)
        #expect(feed.received(through: 3, head: 3, socketIsFull: false) == .rest)
        #expect(feed.cursor == 0)
    }

    @Test func fetchesWhatWasOfferedWhileItJoined() {
        var feed = Feed()
        #expect(feed.offered(after: 5, last: 7, socketIsFull: false) == .ignore)
        feed.join(after: 2)
        #expect(feed.received(through: 5, head: 5, socketIsFull: false) == .fetch)
        #expect(feed.received(through: 7, head: 7, socketIsFull: false) == .rest)
        #expect(feed.isLive)
        #expect(feed.cursor == 7)
    }

    @Test func joinsOnce() {
        var feed = live(at: 5)
        feed.join(after: 1)
        #expect(feed.cursor == 5)
        #expect(feed.isLive)
    }

    @Test func writesWhatContinuesAtTheCursor() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 5, last: 8, socketIsFull: false) == .write(after: 5))
        #expect(feed.cursor == 8)
        #expect(feed.isLive)
    }

    @Test func writesOnlyTheUnseenPartOfAnOverlap() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 3, last: 7, socketIsFull: false) == .write(after: 5))
        #expect(feed.cursor == 7)
    }

    @Test(arguments: [(1, 5), (5, 5), (3, 4)]) func ignoresWhatWasSeen(first: Int64, last: Int64) {
        var feed = live(at: 5)
        #expect(feed.offered(after: first - 1, last: last, socketIsFull: false) == .ignore)
        #expect(feed.isLive)
        #expect(feed.cursor == 5)
    }

    @Test func fetchesWhenSomethingIsMissing() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 6, last: 7, socketIsFull: false) == .fetch)
        #expect(!feed.isLive)
        #expect(feed.offered(after: 7, last: 8, socketIsFull: false) == .ignore)
        #expect(feed.received(through: 7, head: 7, socketIsFull: false) == .fetch)
        #expect(feed.received(through: 8, head: 8, socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func takesABroadcastThatBeginsWithNumbersWithoutMessages() {
        var feed = live(at: 5)
        // 6 and 7 have no rows: the broadcast says so by its beginning.
        #expect(feed.offered(after: 5, last: 8, socketIsFull: false) == .write(after: 5))
        #expect(feed.offered(after: 5, last: 9, socketIsFull: false) == .write(after: 8))
        #expect(feed.cursor == 9)
    }

    @Test func fetchesWhatIsMissingEvenIfTheSocketIsFull() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 8, last: 9, socketIsFull: true) == .fetch)
    }

    @Test func isLeftBehindByAFullSocketAndCatchesUpWhenItDrains() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 5, last: 6, socketIsFull: true) == .ignore)
        #expect(!feed.isLive)
        #expect(feed.cursor == 5)
        #expect(feed.offered(after: 6, last: 7, socketIsFull: false) == .ignore)
        #expect(feed.drained() == .fetch)
        #expect(feed.drained() == .rest)
        #expect(feed.received(through: 7, head: 7, socketIsFull: true) == .rest)
        #expect(feed.isLive)
        #expect(feed.cursor == 7)
    }

    @Test func waitsBetweenPagesWhileTheSocketIsFull() {
        var feed = Feed()
        feed.join(after: 0)
        #expect(feed.received(through: 500, head: 900, socketIsFull: true) == .rest)
        #expect(!feed.isLive)
        #expect(feed.received(through: 700, head: 900, socketIsFull: false) == .rest)
        #expect(feed.cursor == 500)
        #expect(feed.drained() == .fetch)
        #expect(feed.received(through: 900, head: 900, socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func triesAgainAfterAFailedFetch() {
        var feed = Feed()
        feed.join(after: 3)
        feed.fetchFailed()
        #expect(feed.offered(after: 3, last: 4, socketIsFull: false) == .ignore)
        #expect(feed.drained() == .fetch)
        #expect(feed.received(through: 4, head: 4, socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func isNotLiveAfterItsFirstFetchFailed() {
        var feed = Feed()
        feed.join(after: 3)
        feed.fetchFailed()
        #expect(feed.drained() == .fetch)
        #expect(!feed.isLive)
    }

    @Test func failsNoFetchThatIsNotUnderWay() {
        var feed = live(at: 5)
        feed.fetchFailed()
        #expect(feed.isLive)
    }

    /// Whatever is lost, doubled, late, paged or refused by a full socket: the client reads 1, 2, 3 … once drained.
    @Test(arguments: 0..<200) func showsEveryMessageOnceAndInOrder(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var client = SimulatedClient(startingAfter: Int64.random(in: 0...20, using: &random), head: 20)
        var underWay: [ClosedRange<Int64>] = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                let first = client.head + 1
                client.head += Int64.random(in: 1...5, using: &random)
                if Int.random(in: 0..<8, using: &random) > 0 { underWay.append(first...client.head) }
            case 4, 5:
                guard let index = underWay.indices.randomElement(using: &random) else { break }
                client.offer(underWay[index])
                if Int.random(in: 0..<6, using: &random) > 0 { underWay.remove(at: index) }
            case 6: client.isFull.toggle()
            case 7: client.drained()
            case 8: client.page(limit: Int64.random(in: 1...7, using: &random))
            default: client.fails()
            }
        }
        client.isFull = false
        client.offer(client.head...client.head)
        while !client.isSettled {
            client.drained()
            client.page(limit: 7)
        }
        #expect(client.written == Array((client.start + 1)...client.head))
    }
}

/// A client that does what its feed says, and writes down what it reads.
private struct SimulatedClient {
    let start: Int64
    var head: Int64
    var isFull = false
    private(set) var written: [Int64] = []
    private var feed = Feed()
    private var isFetching = false

    var isSettled: Bool { feed.isLive }

    init(startingAfter start: Int64, head: Int64) {
        self.start = start
        self.head = head
        feed.join(after: start)
        isFetching = true
    }

    mutating func offer(_ seqs: ClosedRange<Int64>) {
        switch feed.offered(after: seqs.lowerBound - 1, last: seqs.upperBound, socketIsFull: isFull) {
        case .write(let after): written += (after + 1)...seqs.upperBound
        case .fetch: isFetching = true
        case .ignore: break
        }
    }

    mutating func page(limit: Int64) {
        guard isFetching else { return }
        let through = min(feed.cursor + limit, head)
        if through > feed.cursor { written += (feed.cursor + 1)...through }
        isFetching = feed.received(through: through, head: head, socketIsFull: isFull) == .fetch
    }

    mutating func fails() {
        guard isFetching else { return }
        isFetching = false
        feed.fetchFailed()
    }

    mutating func drained() {
        if !isFull, feed.drained() == .fetch { isFetching = true }
    }
}
