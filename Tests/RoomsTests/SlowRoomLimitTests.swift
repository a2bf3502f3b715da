internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct SlowRoomLimitTests {
    @Test func doesNotForgetTheRoomWhoseBatchIsUnderWay() async throws {
        var limits = RoomLimits()
        limits.slowRoomsMax = 1
        let (alice, chat) = (FakeMember("alice"), FakeChat())
        var queue = DraftQueue(limits: limits)
        func say(_ text: String, in id: Int32) async throws {
            let room = try await chat.directory.join(alice, room: RoomID(id), .history(0)).room
            let draft = Draft(user: "", text: text, clientID: nil)
            #expect(
                queue.append(DraftQueue.Submission(room: room, sender: alice, drafts: [draft], receivedAt: .now))
                    == true)
        }
        try await say("1", in: 1)
        let first = queue.takeLive()
        queue.liveTimedOut([try #require(first)])
        let underWay = queue.takeSlow()
        // More rooms than are remembered become slow meanwhile.
        try await say("2", in: 2)
        let second = queue.takeLive()
        queue.liveTimedOut([try #require(second)])
        #expect(queue.slowTimedOut(try #require(underWay)) == nil)
        var texts: [String] = []
        while let batch = queue.takeSlow() { texts += batch.groups.flatMap { $0.entries.map(\.draft.text) } }
        #expect(texts.sorted() == ["1", "2"])
    }
}
