internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct DeliveryQueueTests {
    private let members = (0..<5).map { FakeMember("\($0)") }

    private func broadcast(_ seqs: ClosedRange<Int64>, room: Int32 = 0) throws -> Broadcast {
        let messages = seqs.map { EncodedMessage(seq: $0, json: Array("{\"seq\":\($0)}".utf8)) }
        let run = EncodedRun(after: seqs.lowerBound - 1, through: seqs.upperBound, messages: messages)
        return try #require(Broadcast(run, in: RoomID(room), receivedAt: nil))
    }

    private func delivery(_ seqs: ClosedRange<Int64>, room: Int32 = 0, to count: Int = 5) throws -> Delivery {
        Delivery(broadcast: try broadcast(seqs, room: room), members: Array(members.prefix(count)))
    }

    /// What is offered, slice by slice: the room, the numbers, the members.
    private func drain(_ queue: inout DeliveryQueue, membersMax: Int) -> [String] {
        var slices: [String] = []
        while let slice = queue.next(membersMax: membersMax) {
            let users = slice.members.compactMap { ($0 as? FakeMember)?.user }.joined()
            let seqs = slice.broadcast.messages.map { String($0.seq) }.joined(separator: ",")
            slices.append("\(slice.broadcast.room): \(seqs) to \(users)\(slice.isLast ? "." : "")")
        }
        return slices
    }

    @Test func offersABoundedNumberAtATimeAndLetsRoomsTakeTurns() throws {
        var queue = DeliveryQueue(mergedBytesMax: 0)
        queue.append(try delivery(1...1))
        queue.append(try delivery(7...7, room: 1, to: 3))
        #expect(!queue.isEmpty)
        #expect(
            drain(&queue, membersMax: 2) == [
                "0: 1 to 01", "1: 7 to 01", "0: 1 to 23", "1: 7 to 2.", "0: 1 to 4.",
            ])
        #expect(queue.isEmpty)
    }

    @Test func makesOneOfConsecutiveBroadcastsThatWait() throws {
        var queue = DeliveryQueue(mergedBytesMax: 1000)
        queue.append(try delivery(1...1))
        queue.append(try delivery(2...3))
        #expect(drain(&queue, membersMax: 10) == ["0: 1,2,3 to 01234."])
    }

    @Test func offersBothToThoseWhoHaveNotHadTheFirst() throws {
        var queue = DeliveryQueue(mergedBytesMax: 1000)
        queue.append(try delivery(1...1))
        #expect(queue.next(membersMax: 2)?.members.count == 2)
        queue.append(try delivery(2...2))
        queue.append(try delivery(3...3))
        // The first two have had 1 already; `Feed` ignores what a member has.
        #expect(drain(&queue, membersMax: 5) == ["0: 1,2,3 to 234.", "0: 2,3 to 01234."])
    }

    @Test func keepsApartWhatDoesNotFollowOrIsTooMuch() throws {
        var queue = DeliveryQueue(mergedBytesMax: 1000)
        queue.append(try delivery(1...1))
        queue.append(try delivery(3...3))
        #expect(drain(&queue, membersMax: 5) == ["0: 1 to 01234.", "0: 3 to 01234."])
        var small = DeliveryQueue(mergedBytesMax: 10)
        #expect(small.append(try delivery(1...1)))
        #expect(!small.append(try delivery(2...2)))
        #expect(drain(&small, membersMax: 5) == ["0: 1 to 01234.", "0: 2 to 01234."])
    }

    /// The broadcast in progress is at the limit; the last one is not.
    @Test func tellsOfTheLimitOfEitherMerge() throws {
        var queue = DeliveryQueue(mergedBytesMax: 20)
        #expect(queue.append(try delivery(1...1)))
        #expect(queue.next(membersMax: 2)?.members.count == 2)
        #expect(queue.append(try delivery(2...2)))
        #expect(!queue.append(try delivery(3...3)))
        #expect(drain(&queue, membersMax: 5) == ["0: 1,2 to 234.", "0: 2,3 to 01234."])
    }

    @Test func leavesOutMembersWhoHaveLeft() throws {
        var queue = DeliveryQueue(mergedBytesMax: 1000)
        queue.append(try delivery(1...1, to: 5))
        queue.append(try delivery(2...2, to: 3))
        #expect(drain(&queue, membersMax: 10) == ["0: 1,2 to 012."])
    }
}
