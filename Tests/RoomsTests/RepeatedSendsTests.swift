internal import Rooms
internal import TestKit
internal import Testing

@Suite struct RepeatedSendsTests {
    @Test func showsNewMessagesWhileARepeatIsReadFromTheStore() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 0
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.say("hello", id: "a1")
            await bob.sees(1)
            chat.store.pages.close()
            await alice.say("hello", id: "a1")
            await chat.store.pages.holds()
            await bob.say("meanwhile")
            await alice.sees(2)
            #expect(alice.told.isEmpty)
            #expect(!chat.queue.isIdle)
            chat.store.pages.open()
            await alice.hears(1)
            #expect(alice.told == [String(decoding: alice.shown[0].json, as: UTF8.self)])
        }
    }

    @Test func tellsTheSenderToComeAgainWhenTooManyWait() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 0
        limits.repeatsWaitingMax = 1
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            for number in 1...3 { await alice.say("\(number)", id: "a\(number)") }
            await alice.sees(3)
            chat.store.pages.close()
            await alice.say("1", id: "a1")
            await chat.store.pages.holds()
            await alice.say("2", id: "a2")
            await alice.say("3", id: "a3")
            await alice.hears(1)
            #expect(alice.told[0].contains(#""code":"unavailable""#))
            #expect(alice.told[0].contains(#""id":"a3""#))
            chat.store.pages.open()
            await alice.hears(3)
            #expect(alice.told[1].contains(#""id":"a1""#))
            #expect(alice.told[2].contains(#""id":"a2""#))
            await chat.queue.flush(RoomID(0))
            #expect(chat.queue.isIdle)
        }
    }
}
