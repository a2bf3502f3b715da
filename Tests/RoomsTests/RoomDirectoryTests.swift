internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct RoomDirectoryTests {
    private func room(_ chat: FakeChat, _ id: Int32, _ member: FakeMember) async throws(JoinError) -> Room {
        try await chat.directory.join(member, room: RoomID(id), .history(nil)).room
    }

    @Test func keepsARoomWhileSomebodyIsThere() async throws {
        try await FakeChat.run { chat in
            let (alice, bob) = (FakeMember("alice"), FakeMember("bob"))
            let first = try await room(chat, 1, alice)
            await chat.directory.retireIdle()
            #expect(try await room(chat, 1, bob) === first)
            #expect(try await room(chat, 2, bob) !== first)
        }
    }

    @Test func letsARoomGoAndOpensItAgain() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1", "2")
            await alice.sees(2)
            await alice.leave()
            await chat.directory.retireIdle()
            chat.store.elsewhere(["3"], in: RoomID(0))
            let bob = try await chat.member("bob")
            #expect(bob.seqs == [1, 2, 3])
            await bob.say("4")
            await bob.sees(4)
            #expect(alice.seqs == [1, 2])
        }
    }

    @Test func keepsARoomWhoseMessagesAreOnTheirWay() async throws {
        try await FakeChat.run { chat in
            let alice = FakeMember("alice")
            let first = try await room(chat, 1, alice)
            chat.store.commits.close()
            #expect(first.post([Draft(user: "alice", text: "on its way", clientID: nil)], from: alice))
            await first.leave(alice)
            await chat.store.commits.holds()
            await chat.directory.retireIdle()
            #expect(try await room(chat, 1, FakeMember("bob")) === first)
            chat.store.commits.open()
        }
    }

    @Test func sendsAMemberOfARetiredRoomToTheNewOne() async throws {
        try await FakeChat.run { chat in
            let alice = FakeMember("alice")
            let old = try await room(chat, 1, alice)
            await old.leave(alice)
            #expect(await old.retireIfIdle())
            await #expect(throws: JoinError.retired) { try await old.join(alice, .history(nil), view: .messages) }
            #expect(try await room(chat, 1, alice) !== old)
        }
    }

    @Test func boundsTheNumberOfRooms() async throws {
        var limits = RoomLimits.test
        limits.roomsMax = 2
        try await FakeChat.run(limits: limits) { chat in
            let alice = FakeMember("alice")
            let first = try await room(chat, 1, alice)
            _ = try await room(chat, 2, alice)
            await #expect(throws: JoinError.overloaded) { try await room(chat, 3, alice) }
            await first.leave(alice)
            await chat.directory.retireIdle()
            _ = try await room(chat, 3, alice)
        }
    }

    @Test func makesEveryRoomReadWhatItMissed() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice", room: 1)
            let bob = try await chat.member("bob", room: 2)
            chat.store.elsewhere(["1", "2"], in: RoomID(1))
            chat.store.elsewhere(["1"], in: RoomID(2))
            await chat.directory.resync()
            await alice.sees(2)
            await bob.sees(1)
            #expect(alice.seqs == [1, 2])
            #expect(bob.seqs == [1])
        }
    }
}
