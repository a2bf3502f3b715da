internal import TestKit
internal import Testing

@testable internal import Rooms

/// What happens in a room when the log's past becomes another one.
@Suite struct EpochTests {
    private let room = RoomID(0)

    @Test func sendsMembersAwayToStartOver() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1", "2")
            await alice.sees(2)
            await chat.node.received(.resync)
            #expect(alice.told.isEmpty)
            chat.store.restore(epoch: "epoch-2")
            await chat.node.received(.resync)
            await alice.hears(1)
            #expect(alice.told == ["start over"])
            let again = try await FakeMember("alice").join(
                room, .resume(after: 2, epoch: "epoch-1"), in: chat.directory)
            #expect(again.reset == .epoch)
            #expect(again.epoch == "epoch-2")
        }
    }

    @Test func noticesWhenSomebodyJoins() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.restore(epoch: "epoch-2")
            let bob = try await FakeMember("bob").join(room, .resume(after: 0, epoch: "epoch-2"), in: chat.directory)
            #expect(bob.resumed)
            #expect(alice.told == ["start over"])
        }
    }

    @Test func startsOverWhenShownMessagesAreGone() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1", "2", "3")
            await alice.sees(3)
            chat.store.restore(epoch: chat.store.epoch, losing: 2)
            await chat.node.received(.resync)
            await alice.hears(1)
            #expect(alice.told == ["start over"])
            let again = try await FakeMember("alice").join(room, .resume(after: 3, epoch: nil), in: chat.directory)
            #expect(again.reset == .ahead)
            #expect(again.lastSeq == 1)
        }
    }

    @Test func opensAnewWhenTheEpochChangesMeanwhile() async throws {
        try await FakeChat.run { chat in
            chat.store.opens.close()
            async let joined = FakeMember("alice").join(room, .history(nil), in: chat.directory)
            await chat.store.opens.holds()
            chat.store.restore(epoch: "epoch-2")
            await chat.node.received(.resync)
            chat.store.opens.open()
            let epoch = try await joined.epoch
            #expect(epoch == "epoch-2")
        }
    }

    @Test func goesOnInTheNewPast() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1")
            await alice.sees(1)
            chat.store.restore(epoch: "epoch-2", losing: 1)
            await chat.node.received(.resync)
            let bob = try await chat.member("bob")
            await bob.say("another 1")
            await bob.sees(1)
            #expect(bob.seqs == [1])
            #expect(alice.seqs == [1])
            #expect(chat.store.log(room).map(\.text) == ["another 1"])
        }
    }

    @Test func showsNothingThatWasStoredInAnotherPast() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1")
            await alice.sees(1)
            chat.store.commits.close()
            await alice.say("lost")
            await chat.store.commits.holds()
            chat.store.restore(epoch: "epoch-2", losing: 1)
            await chat.node.received(.resync)
            let bob = try await chat.member("bob")
            chat.store.commits.open()
            await chat.queue.flush(room)
            await bob.say("2")
            await bob.sees(2)
            #expect(bob.seqs == [1, 2])
            #expect(bob.shown == chat.store.log(room).map(EncodedMessage.init))
        }
    }

    @Test func aPageWhoseMessagesAreLostIsNoPrunedOne() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 1
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.socket(isFull: true)
            await bob.say("1", "2", "3")
            await bob.sees(3)
            chat.store.restore(epoch: "epoch-2", losing: 2)
            await alice.socket(isFull: false)
            #expect(alice.seqs.isEmpty)
            #expect(alice.told == ["start over"])
        }
    }
}
