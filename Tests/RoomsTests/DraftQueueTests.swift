internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct DraftQueueTests {
    private let alice = FakeMember("alice")
    private let chat = FakeChat()

    private func room(_ id: Int32) async throws -> Room {
        try await chat.directory.join(alice, room: RoomID(id), .history(0)).room
    }

    private func submission(_ room: Room, _ texts: String...) -> DraftQueue.Submission {
        DraftQueue.Submission(
            room: room, sender: alice, drafts: texts.map { Draft(user: "", text: $0, clientID: nil) },
            receivedAt: .now)
    }

    private func texts(_ batch: StoringBatch?) -> [[String]]? {
        batch?.groups.map { $0.entries.map(\.draft.text) }
    }

    private func nextLive(_ queue: inout DraftQueue) throws -> StoringBatch {
        let batch = queue.takeLive()
        return try #require(batch)
    }

    private func nextSlow(_ queue: inout DraftQueue) throws -> StoringBatch {
        let batch = queue.takeSlow()
        return try #require(batch)
    }

    private func limits(
        queue: Int = 100, queueBytes: Int = 1000, batch: Int = 100, batchBytes: Int = 1000
    ) -> RoomLimits {
        var limits = RoomLimits()
        (limits.queueMessagesMax, limits.queueBytesMax) = (queue, queueBytes)
        (limits.batchMessagesMax, limits.batchBytesMax) = (batch, batchBytes)
        return limits
    }

    @Test func givesNothingWhenEmpty() {
        var queue = DraftQueue(limits: limits())
        #expect(!queue.hasLive)
        #expect(queue.takeLive() == nil)
        #expect(queue.messageCount == 0)
    }

    @Test func keepsTheOrderWithinEachRoom() async throws {
        let (one, two) = (try await room(1), try await room(2))
        var queue = DraftQueue(limits: limits())
        for submission in [submission(two, "a"), submission(one, "b", "c"), submission(two, "d"), submission(one, "e")]
        {
            #expect(queue.append(submission) == true)
        }
        #expect(queue.messageCount == 5)
        #expect(queue.byteCount == 5)
        #expect(texts(queue.takeLive()) == [["b", "c", "e"], ["a", "d"]])
        #expect(!queue.hasLive)
        #expect(queue.byteCount == 0)
    }

    @Test func givesARoomHalfOfABatchWhileOthersWait() async throws {
        let (busy, quiet) = (try await room(1), try await room(2))
        var queue = DraftQueue(limits: limits(batch: 4))
        for number in 1...7 { _ = queue.append(submission(busy, "\(number)")) }
        _ = queue.append(submission(quiet, "hello"))
        _ = queue.append(submission(busy, "8"))
        #expect(texts(queue.takeLive()) == [["1", "2"], ["hello"]])
        #expect(texts(queue.takeLive()) == [["3", "4", "5", "6"]])
        #expect(texts(queue.takeLive()) == [["7", "8"]])
        #expect(queue.messageCount == 0)
    }

    @Test func takesASubmissionWholeOrNotAtAll() async throws {
        let room = try await room(1)
        var queue = DraftQueue(limits: limits(queue: 3, queueBytes: 10))
        #expect(queue.append(submission(room, "a", "b")) == true)
        #expect(queue.append(submission(room, "c", "d")) == false)
        #expect(queue.messageCount == 2)
        #expect(queue.append(submission(room, "123456789")) == false)
        #expect(queue.append(submission(room, "12345678")) == true)
        #expect(queue.byteCount == 10)
        #expect(texts(queue.takeLive()) == [["a", "b", "12345678"]])
        #expect(queue.append(submission(room, "1234567890")) == true)
    }

    @Test func countsBytesNotCharacters() async throws {
        let room = try await room(1)
        var queue = DraftQueue(limits: limits(queueBytes: 7))
        #expect(queue.append(submission(room, "😀😀")) == false)
        #expect(queue.append(submission(room, "😀é1")) == true)
    }

    @Test func boundsABatchInMessagesAndBytes() async throws {
        let room = try await room(1)
        var queue = DraftQueue(limits: limits(batch: 3, batchBytes: 10))
        #expect(queue.append(submission(room, "a", "b")) == true)
        #expect(queue.append(submission(room, "c", "d")) == true)
        #expect(queue.append(submission(room, "123456789")) == true)
        #expect(queue.append(submission(room, "w", "x", "y", "z")) == true)
        #expect(queue.append(submission(room, "more than ten bytes")) == true)
        #expect(texts(queue.takeLive()) == [["a", "b"]])
        #expect(texts(queue.takeLive()) == [["c", "d"]])
        #expect(texts(queue.takeLive()) == [["123456789"]])
        #expect(texts(queue.takeLive()) == [["w", "x", "y"]])
        #expect(texts(queue.takeLive()) == [["z"]])
        #expect(texts(queue.takeLive()) == [["more than ten bytes"]])
        #expect(queue.takeLive() == nil)
    }

    @Test func countsNamesAndIds() async throws {
        let room = try await room(1)
        var queue = DraftQueue(limits: limits(queueBytes: 12))
        let draft = Draft(user: "alice", text: "hi", clientID: "id-1", identity: .name("al"))
        #expect(queue.append(.init(room: room, sender: alice, drafts: [draft], receivedAt: .now)) == false)
        let shorter = Draft(user: "alice", text: "hi", clientID: "i", identity: .name("al"))
        #expect(queue.append(.init(room: room, sender: alice, drafts: [shorter], receivedAt: .now)) == true)
        #expect(queue.byteCount == 10)
    }

    @Test func knowsWhichRoomsAreNotFinished() async throws {
        let (one, two) = (try await room(1), try await room(2))
        var queue = DraftQueue(limits: limits(batch: 3))
        _ = queue.append(submission(one, "a"))
        _ = queue.append(submission(two, "b", "c"))
        _ = queue.append(submission(one, "d"))
        _ = queue.takeLive()
        queue.finished(1, in: RoomID(1))
        queue.finished(2, in: RoomID(2))
        #expect(!queue.isFinished(RoomID(1)))
        #expect(queue.isFinished(RoomID(2)))
        queue.finished(1, in: RoomID(1))
        #expect(queue.isFinished)
    }

    @Test func movesTheRoomsOfABatchThatTookTooLongApart() async throws {
        let rooms = [try await room(1), try await room(2), try await room(3)]
        var limits = limits(batch: 4)
        limits.slowMessagesFirst = 2
        var queue = DraftQueue(limits: limits)
        _ = queue.append(submission(rooms[0], "1a", "1b"))
        _ = queue.append(submission(rooms[1], "2a", "2b"))
        let batch = try nextLive(&queue)
        _ = queue.append(submission(rooms[0], "1c"))
        _ = queue.append(submission(rooms[2], "3a"))
        queue.liveTimedOut([batch])
        #expect(queue.slowRoomCount == 2)
        #expect(queue.messageCount == 6)
        _ = queue.append(submission(rooms[1], "2c"))
        #expect(texts(queue.takeLive()) == [["3a"]])
        #expect(queue.takeLive() == nil)
        // One room a batch, in turn.
        var slow: [[String]] = []
        while let batch = queue.takeSlow() {
            slow += texts(batch) ?? []
            queue.slowStored(batch, in: .milliseconds(200))
        }
        #expect(Set(slow) == [["1a", "1b"], ["2a", "2b"]])
        // They were stored in time: they share batches again, with what waits in them.
        #expect(queue.slowRoomCount == 0)
        var live: [String] = []
        while let batch = queue.takeLive() { live += (texts(batch) ?? []).flatMap(\.self) }
        #expect(live.filter { $0.hasPrefix("1") } == ["1c"])
        #expect(live.filter { $0.hasPrefix("2") } == ["2c"])
        #expect(queue.messageCount == 0)
    }

    @Test func partsOfABatchThatTimedOutKeepTheirOrder() async throws {
        let room = try await room(1)
        var queue = DraftQueue(limits: limits(batch: 4))
        _ = queue.append(submission(room, "a", "b", "c", "d"))
        let batch = try nextLive(&queue)
        _ = queue.append(submission(room, "e"))
        queue.liveTimedOut(batch.halves())
        var slow: [String] = []
        while let batch = queue.takeSlow() { slow += (texts(batch) ?? []).flatMap(\.self) }
        #expect(slow == ["a", "b", "c", "d", "e"])
    }

    @Test func takesTurnsBetweenSlowRooms() async throws {
        let rooms = [try await room(1), try await room(2)]
        var queue = DraftQueue(limits: limits(batch: 2))
        for room in rooms { _ = queue.append(submission(room, "\(room.id)")) }
        let batch = try nextLive(&queue)
        queue.liveTimedOut([batch])
        for _ in 1...3 { for room in rooms { _ = queue.append(submission(room, "\(room.id)")) } }
        var order: [Int32] = []
        for _ in 1...4 { if let batch = queue.takeSlow() { order.append(batch.groups[0].room.id.rawValue) } }
        #expect(order[0] != order[1])
        #expect(order[0] == order[2])
        #expect(order[1] == order[3])
    }

    @Test func givesUpAMessageThatTakesTooLongAloneAndWhatWaitsBehindIt() async throws {
        let room = try await room(1)
        var limits = limits(batch: 8)
        limits.slowRoomBatches = 2
        limits.slowAttemptsMax = 2
        limits.slowMessagesFirst = 1
        var queue = DraftQueue(limits: limits)
        _ = queue.append(submission(room, "slow", "b"))
        let live = try nextLive(&queue)
        queue.liveTimedOut([live])
        let alone = try nextSlow(&queue)
        #expect(texts(alone) == [["slow"]])
        _ = queue.append(submission(room, "c"))
        // It may only have waited for a lock.
        #expect(queue.slowTimedOut(alone) == nil)
        #expect(queue.messageCount == 3)
        let again = try nextSlow(&queue)
        #expect(texts(again) == [["slow"]])
        let givenUp = queue.slowTimedOut(again)
        #expect(givenUp?.flatMap(\.drafts).map(\.text) == ["b", "c"])
        #expect(queue.messageCount == 0)
        #expect(queue.byteCount == 0)
        #expect(queue.slowRoomCount == 1)
        // It stays apart until it was quick for a while.
        for number in 1...2 {
            _ = queue.append(submission(room, "quick \(number)"))
            #expect(queue.takeLive() == nil)
            queue.slowStored(try nextSlow(&queue), in: .zero)
        }
        #expect(queue.slowRoomCount == 0)
        _ = queue.append(submission(room, "at once"))
        #expect(texts(queue.takeLive()) == [["at once"]])
    }

    @Test func storesRoomsThatOnlySharedASlowBatchFirst() async throws {
        let rooms = [try await room(1), try await room(2), try await room(3)]
        var queue = DraftQueue(limits: limits())
        for room in rooms { _ = queue.append(submission(room, "\(room.id)")) }
        queue.liveTimedOut([try nextLive(&queue)])
        let first = try nextSlow(&queue)
        #expect(queue.slowTimedOut(first) == nil)
        let others = [try nextSlow(&queue), try nextSlow(&queue)]
        #expect(!others.map { texts($0) }.contains(texts(first)))
        for other in others { queue.slowStored(other, in: .zero) }
        #expect(texts(queue.takeSlow()) == texts(first))
        #expect(queue.slowRoomCount == 1)
    }

    @Test func movesARoomApartThatTakesTooMuchTime() async throws {
        let (busy, quiet) = (try await room(1), try await room(2))
        var queue = DraftQueue(limits: limits(batch: 4))
        for number in 1...6 { _ = queue.append(submission(busy, "\(number)")) }
        _ = queue.append(submission(quiet, "hello"))
        let batch = try nextLive(&queue)
        queue.liveStored(batch, in: .milliseconds(600))
        #expect(queue.takeLive() == nil)
        #expect(texts(queue.takeSlow())?.first?.first == "3")
        // A slow database is not the fault of rooms that share a batch evenly.
        queue = DraftQueue(limits: limits(batch: 4))
        for id in 3...5 as ClosedRange<Int32> { _ = queue.append(submission(try await room(id), "a")) }
        queue.liveStored(try nextLive(&queue), in: .milliseconds(600))
        #expect(queue.slowRoomCount == 0)
    }

    @Test func bringsARoomBackWithWhatWaitsInIt() async throws {
        let room = try await room(1)
        var limits = limits(batch: 16)
        limits.slowMessagesFirst = 1
        var queue = DraftQueue(limits: limits)
        _ = queue.append(submission(room, "1", "2", "3", "4"))
        queue.liveTimedOut([try nextLive(&queue)])
        let first = try nextSlow(&queue)
        _ = queue.append(submission(room, "5"))
        queue.slowStored(first, in: .milliseconds(1))
        #expect(texts(queue.takeLive())?.first?.first == "2")
        #expect(queue.slowRoomCount == 0)
        #expect(queue.takeSlow() == nil)
    }

    @Test func storesEverythingInTheSlowLaneOnceItIsClosed() async throws {
        let room = try await room(1)
        var limits = limits(batch: 16)
        limits.slowMessagesFirst = 1
        var queue = DraftQueue(limits: limits)
        _ = queue.append(submission(room, "1", "2"))
        queue.liveTimedOut([try nextLive(&queue)])
        queue.close()
        queue.slowStored(try nextSlow(&queue), in: .zero)
        #expect(queue.takeLive() == nil)
        #expect(texts(queue.takeSlow()) == [["2"]])
    }

    @Test func dividesASlowBatchInOrder() async throws {
        let room = try await room(1)
        var limits = limits(batch: 64)
        limits.batchShrink = 2
        limits.slowMessagesFirst = 4
        var queue = DraftQueue(limits: limits)
        _ = queue.append(submission(room, "1", "2", "3", "4", "5", "6", "7", "8"))
        let live = try nextLive(&queue)
        queue.liveTimedOut([live])
        let first = try nextSlow(&queue)
        #expect(texts(first) == [["1", "2", "3", "4"]])
        #expect(queue.slowTimedOut(first) == nil)
        #expect(queue.messageCount == 8)
        #expect(texts(queue.takeSlow()) == [["1", "2"]])
        #expect(texts(queue.takeSlow()) == [["3", "4"]])
    }

    @Test func remembersABoundedNumberOfSlowRooms() async throws {
        var limits = limits()
        limits.slowRoomsMax = 2
        limits.slowAttemptsMax = 1
        var queue = DraftQueue(limits: limits)
        for id in 1...5 as ClosedRange<Int32> {
            _ = queue.append(submission(try await room(id), "slow"))
            queue.liveTimedOut([try nextLive(&queue)])
            _ = queue.slowTimedOut(try nextSlow(&queue))
        }
        #expect(queue.slowRoomCount == 2)
    }
}
