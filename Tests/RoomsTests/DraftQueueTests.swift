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
            room: room, sender: alice, drafts: texts.map { Draft(user: "alice", text: $0, clientID: nil) },
            receivedAt: .now)
    }

    private func texts(_ batch: StoringBatch?) -> [[String]]? {
        batch?.batch.groups.map { $0.drafts.map(\.text) }
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
        #expect(queue.isEmpty)
        #expect(queue.takeBatch() == nil)
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
        #expect(texts(queue.takeBatch()) == [["b", "c", "e"], ["a", "d"]])
        #expect(queue.isEmpty)
        #expect(queue.byteCount == 0)
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
        #expect(texts(queue.takeBatch()) == [["a", "b", "12345678"]])
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
        #expect(texts(queue.takeBatch()) == [["a", "b"]])
        #expect(texts(queue.takeBatch()) == [["c", "d"]])
        #expect(texts(queue.takeBatch()) == [["123456789"]])
        #expect(texts(queue.takeBatch()) == [["w", "x", "y", "z"]])
        #expect(texts(queue.takeBatch()) == [["more than ten bytes"]])
        #expect(queue.takeBatch() == nil)
    }

    @Test func knowsWhichRoomsWaitUntilTheirBatchIsFinished() async throws {
        let (one, two) = (try await room(1), try await room(2))
        var queue = DraftQueue(limits: limits(batch: 3))
        _ = queue.append(submission(one, "a"))
        _ = queue.append(submission(two, "b", "c"))
        _ = queue.append(submission(one, "d"))
        let taken = [queue.takeBatch(), queue.takeBatch()]
        let (first, second) = (try #require(taken[0]), try #require(taken[1]))
        queue.finished(first)
        #expect(queue.isWaiting(for: RoomID(1)))
        #expect(!queue.isWaiting(for: RoomID(2)))
        queue.finished(second)
        #expect(!queue.isWaiting(for: RoomID(1)))
    }
}
