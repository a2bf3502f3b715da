internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct DoorbellTests {
    private let room = RoomID(0)

    /// What was told, in the order in which it was.
    private func positions(_ chat: FakeChat) -> [RoomPosition] { chat.store.rung.flatMap { $0 ?? [] } }

    private func isIdle(_ chat: FakeChat) async {
        while !chat.node.isIdle { await Task.yield() }
    }

    @Test func tellsOfWhatWasCommitted() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1", "2")
            await alice.sees(2)
            await isIdle(chat)
            chat.store.newMessage("3", in: room)
            chat.store.newMessage("nobody is here", in: RoomID(5))
            await chat.node.received(.inbox)
            await alice.sees(3)
            await isIdle(chat)
            #expect(positions(chat).first == RoomPosition(room: room, seq: 2))
            #expect(positions(chat).contains(RoomPosition(room: room, seq: 3)))
            #expect(positions(chat).contains(RoomPosition(room: RoomID(5), seq: 1)))
        }
    }

    @Test func tellsTogetherWhatGathersWhileItRings() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.rings.close()
            await alice.say("1")
            await chat.store.rings.holds()
            for number in 2...9 {
                await alice.say("\(number)")
                await chat.queue.flush(RoomID(0))
            }
            chat.store.rings.open()
            await isIdle(chat)
            #expect(positions(chat).map(\.seq) == [1, 9])
        }
    }

    @Test func tellsThatAnyRoomMayHaveNewsWhenTheyAreTooMany() async throws {
        var limits = RoomLimits.test
        limits.doorbellRoomsMax = 2
        try await FakeChat.run(limits: limits) { chat in
            chat.store.rings.close()
            let first = try await chat.member("m", room: 9)
            await first.say("1")
            await chat.store.rings.holds()
            for number: Int32 in 1...3 {
                await (try chat.member("m", room: number)).say("1")
                await chat.queue.flush(RoomID(number))
            }
            chat.store.rings.open()
            await isIdle(chat)
            #expect(chat.store.rung.count == 2)
            #expect(chat.store.rung.last == .some(nil))
        }
    }

    @Test func ringsAgainWhenTheStoreIsBack() async throws {
        var limits = RoomLimits.test
        limits.retryPause = .milliseconds(1)
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            chat.store.commits.close()
            await alice.say("1")
            await chat.store.commits.holds()
            chat.store.isAway(true)
            chat.store.commits.open()
            await alice.sees(1)
            #expect(!chat.node.isIdle)
            chat.store.isAway(false)
            await isIdle(chat)
            #expect(positions(chat) == [RoomPosition(room: room, seq: 1)])
        }
    }

    @Test func tellsTheLastNewsBeforeItEnds() async throws {
        let chat = FakeChat()
        let running = Task { await chat.node.run() }
        let alice = try await chat.member("alice")
        await alice.say("1")
        chat.queue.close()
        await running.value
        #expect(positions(chat) == [RoomPosition(room: room, seq: 1)])
    }
}
