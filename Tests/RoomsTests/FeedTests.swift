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
        #expect(feed.offered(after: 0, 1...3) == .ignore)
        #expect(!feed.isLive)
        #expect(feed.drained() == .rest)
        #expect(feed.received(through: 3, head: 3, socketIsFull: false) == .rest)
        #expect(feed.cursor == 0)
    }

    @Test func fetchesWhatWasOfferedWhileItJoined() {
        var feed = Feed()
        #expect(feed.offered(after: 5, 6...7) == .ignore)
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
        #expect(feed.offered(after: 5, 6...8) == .writeAll)
        #expect(feed.cursor == 8)
        #expect(feed.isLive)
    }

    @Test func writesOnlyTheUnseenPartOfAnOverlap() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 3, 4...7) == .write(messages(6...7)[...]))
        #expect(feed.cursor == 7)
    }

    @Test(arguments: [(1, 5), (5, 5), (3, 4)]) func ignoresWhatWasSeen(first: Int64, last: Int64) {
        var feed = live(at: 5)
        #expect(feed.offered(after: first - 1, first...last) == .ignore)
        #expect(feed.isLive)
        #expect(feed.cursor == 5)
    }

    @Test func fetchesWhenSomethingIsMissing() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 6, 7...7) == .fetch)
        #expect(!feed.isLive)
        #expect(feed.offered(after: 7, 8...8) == .ignore)
        #expect(feed.received(through: 7, head: 7, socketIsFull: false) == .fetch)
        #expect(feed.received(through: 8, head: 8, socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func takesABroadcastThatBeginsWithNumbersWithoutMessages() {
        var feed = live(at: 5)
        // 6 and 7 have no rows: the broadcast says so by its beginning.
        #expect(feed.offered(after: 5, 8...8) == .writeAll)
        #expect(feed.offered(after: 5, 8...9) == .write(messages(9...9)[...]))
        #expect(feed.cursor == 9)
    }

    @Test func fetchesWhatIsMissingEvenIfTheSocketIsFull() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 8, 9...9, socketIsFull: true) == .fetch)
    }

    @Test func isLeftBehindByAFullSocketAndCatchesUpWhenItDrains() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 5, 6...6, socketIsFull: true) == .demote)
        #expect(!feed.isLive)
        #expect(feed.cursor == 5)
        #expect(feed.offered(after: 6, 7...7) == .ignore)
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
        #expect(feed.fetchFailed(.unavailable("away")) == .rest)
        #expect(feed.offered(after: 3, 4...4) == .ignore)
        #expect(feed.drained() == .fetch)
        #expect(feed.received(through: 4, head: 4, socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func isNotLiveAfterItsFirstFetchFailed() {
        var feed = Feed()
        feed.join(after: 3)
        #expect(feed.fetchFailed(.unavailable("away")) == .rest)
        #expect(feed.drained() == .fetch)
        #expect(!feed.isLive)
    }

    @Test func isClosedWhenTheLogCannotBeRead() {
        var feed = Feed()
        feed.join(after: 3)
        #expect(feed.fetchFailed(.rejected(code: "42501", detail: "permission denied")) == .close)
    }

    @Test func writesTheMessagesOfAPage() {
        var feed = Feed()
        feed.join(after: 3)
        let page = Page(messages: messages(4...5), through: 5, head: 5)
        #expect(feed.fetched(page) == .write(page.messages[...]))
        #expect(feed.wrote(socketIsFull: false) == .rest)
        #expect(feed.isLive)
    }

    @Test func sharesABroadcastOfWhichTheClientHasOnlyMissingNumbers() {
        var feed = live(at: 5)
        #expect(feed.offered(after: 3, 6...7) == .writeAll)
        #expect(feed.offered(after: 3, 6...7, last: 8) == .ignore)
        #expect(feed.cursor == 8)
    }

    @Test func writesNothingAfterItHasLeft() {
        var waiting = live(at: 5)
        waiting.left()
        #expect(waiting.offered(after: 5, 6...6) == .ignore)
        #expect(waiting.drained() == .rest)

        var fetching = Feed()
        fetching.join(after: 3)
        fetching.left()
        #expect(fetching.fetched(Page(messages: messages(4...4), through: 4, head: 4)) == .rest)
        #expect(fetching.fetchFailed(.rejected(code: "42501", detail: "")) == .rest)
    }

    @Test func hasPassedWhatIsUpToItsCursor() {
        let feed = live(at: 5)
        #expect(feed.hasPassed(messages(5...5)[0]))
        #expect(!feed.hasPassed(messages(6...6)[0]))
    }

    @Test func failsNoFetchThatIsNotUnderWay() {
        var feed = live(at: 5)
        #expect(feed.fetchFailed(.unavailable("away")) == .rest)
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

private func messages(_ seqs: ClosedRange<Int64>) -> [EncodedMessage] { seqs.map { EncodedMessage(seq: $0, json: []) } }

extension Feed {
    /// A member with everything up to a number, whose first page is being fetched.
    fileprivate mutating func join(after seq: Int64) {
        _ = joined(Joined(epoch: "e", lastSeq: seq, cursor: seq, resumed: true), socketIsFull: false)
    }

    /// A broadcast of these messages that holds everything up to `last`, or else up to the last of them.
    fileprivate mutating func offered(
        after: Int64, _ seqs: ClosedRange<Int64>, last: Int64? = nil, socketIsFull: Bool = false
    ) -> Offer {
        let run = EncodedRun(after: after, through: last ?? seqs.upperBound, messages: messages(seqs))
        guard let broadcast = Broadcast(run, in: RoomID(0), receivedAt: nil) else { return .ignore }
        return offered(broadcast, socketIsFull: socketIsFull)
    }

    /// A page without messages.
    fileprivate mutating func received(through: Int64, head: Int64, socketIsFull: Bool) -> Next {
        let next = fetched(Page(messages: [], through: through, head: head))
        return next == .write([]) ? wrote(socketIsFull: socketIsFull) : next
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
        switch feed.offered(after: seqs.lowerBound - 1, seqs, socketIsFull: isFull) {
        case .writeAll: written += seqs
        case .write(let messages): written += messages.map(\.seq)
        case .fetch: isFetching = true
        case .ignore, .demote: break
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
        isFetching = feed.fetchFailed(.unavailable("away")) == .fetch
    }

    mutating func drained() {
        if !isFull, feed.drained() == .fetch { isFetching = true }
    }
}
