internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct CatchUpTests {
    private let room = RoomID(0)

    @Test func readsForAllRoomsInOneQuery() async throws {
        try await FakeChat.run { chat in
            var members: [FakeMember] = []
            for number in 0..<20 { members.append(try await chat.member("m\(number)", room: Int32(number))) }
            var news: [RoomPosition] = []
            for number in 0..<20 {
                let said = chat.store.elsewhere(["1", "2"], in: RoomID(Int32(number)))
                news.append(RoomPosition(room: said[1].room, seq: said[1].seq))
            }
            // The first query is held until all rooms have heard.
            chat.store.pages.close()
            await chat.node.received(.news(news))
            await chat.store.pages.holds()
            chat.store.pages.open()
            for member in members {
                await member.sees(2)
                #expect(member.seqs == [1, 2])
            }
            #expect(chat.store.newsReads.count <= 2)
            #expect(chat.store.newsReads.joined().count == 20)
        }
    }

    @Test func readsNothingForWhatItKnows() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1")
            await alice.sees(1)
            await chat.node.received(.news([RoomPosition(room: room, seq: 1), RoomPosition(room: RoomID(7), seq: 9)]))
            chat.store.elsewhere(["2"], in: room)
            await chat.node.received(.news([RoomPosition(room: room, seq: 2)]))
            await alice.sees(2)
            #expect(chat.store.newsReads.count == 1)
        }
    }

    @Test func readsInPiecesWhatIsTooMuchForOneAnswer() async throws {
        var limits = RoomLimits.test
        limits.pageMessagesMax = 4
        limits.catchUpBytesMax = 10
        limits.catchUpRoomsMax = 2
        try await FakeChat.run(limits: limits) { chat in
            var members: [FakeMember] = []
            for number in 0..<5 {
                members.append(try await chat.member("m\(number)", room: Int32(number)))
                chat.store.elsewhere((1...9).map { "text \($0)" }, in: RoomID(Int32(number)))
            }
            await chat.node.received(.resync)
            for member in members {
                await member.sees(9)
                #expect(member.seqs == Array(1...9))
            }
            #expect(chat.store.newsReads.allSatisfy { $0.count <= 2 })
        }
    }

    @Test func triesAgainUntilTheStoreIsBack() async throws {
        var limits = RoomLimits.test
        limits.retryPause = .milliseconds(1)
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            chat.store.elsewhere(["1"], in: room)
            chat.store.isAway(true)
            await chat.node.received(.news([RoomPosition(room: room, seq: 1)]))
            chat.store.isAway(false)
            await alice.sees(1)
            #expect(alice.seqs == [1])
        }
    }

    @Test func doesNotHoldUpOtherRooms() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob", room: 1)
            chat.store.elsewhere(["1"], in: room)
            chat.store.pages.close()
            await alice.say("2")
            await chat.store.pages.holds()
            await bob.say("not delayed")
            await bob.sees(1)
            #expect(alice.seqs.isEmpty)
            chat.store.pages.open()
            await alice.sees(2)
            #expect(alice.seqs == [1, 2])
        }
    }

    @Test func looksForItselfWithoutAnyHint() async throws {
        var limits = RoomLimits.test
        limits.lookInterval = .milliseconds(1)
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            chat.store.elsewhere(["nobody rang"], in: room)
            chat.store.newMessage("nor here", in: room)
            await alice.sees(2)
            #expect(alice.seqs == [1, 2])
        }
    }

    @Test func resumesBehindWhatThisProcessHasHeardOf() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.elsewhere((1...300).map(String.init), in: room)
            let bob = FakeMember("bob")
            let joined = try await bob.join(room, .resume(after: 299, epoch: chat.store.epoch), in: chat.directory)
            #expect(joined.resumed)
            #expect(joined.reset == nil)
            await bob.sees(1)
            #expect(bob.seqs == [300])
            await alice.sees(300)
            #expect(alice.seqs == Array(1...300))
        }
    }

    @Test func refusesToResumeBehindTheLog() async throws {
        try await FakeChat.run { chat in
            chat.store.elsewhere(["1"], in: room)
            let joined = try await FakeMember("bob").join(room, .resume(after: 2, epoch: nil), in: chat.directory)
            #expect(joined.reset == .ahead)
        }
    }

    @Test func skipsNumbersWithoutRowsAfterOneRead() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.elsewhere(["1", "2", "3"], in: room)
            chat.store.delete(2...3, in: room)
            await chat.node.received(.news([RoomPosition(room: room, seq: 3)]))
            await alice.sees(1)
            await alice.say("4")
            await alice.sees(2)
            #expect(alice.seqs == [1, 4])
            #expect(String(decoding: alice.shown[1].json, as: UTF8.self).contains(#""prev_seq":1,"#))
            #expect(chat.store.newsReads.count == 1)
        }
    }

    @Test func resumesBeyondTheHeadWhoseRowsAreMissing() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.elsewhere(["1", "2", "3"], in: room)
            chat.store.delete(1...3, in: room)
            let bob = FakeMember("bob")
            let joined = try await bob.join(room, .resume(after: 2, epoch: nil), in: chat.directory)
            #expect(joined.resumed)
            await alice.say("4")
            await alice.sees(1)
            await bob.sees(1)
            #expect(bob.seqs == [4])
        }
    }

    @Test func tellsThatWhatFollowsWasPrunedMeanwhile() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 4
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere((1...20).map(String.init), in: room)
            _ = try await chat.member("alice")
            // By SQL, and nothing said to anybody.
            chat.store.prune(room, before: 11)
            let bob = FakeMember("bob")
            let joined = try await bob.join(room, .resume(after: 5, epoch: nil), in: chat.directory)
            #expect(!joined.resumed)
            #expect(joined.reset == .pruned)
            #expect(bob.seqs == Array(11...20))
            let (bobsRoom, _) = try await chat.directory.join(FakeMember("carol"), room: room, .history(0))
            let history = try await bobsRoom.history(before: 11, limit: 5, view: .changes)
            #expect(history.messages.isEmpty)
            #expect(!history.more)
        }
    }

    @Test func readsTheOthersWhenOneRoomCannotBeRead() async throws {
        try await FakeChat.run { chat in
            var members: [FakeMember] = []
            for number in 0..<8 { members.append(try await chat.member("m\(number)", room: Int32(number))) }
            for number in 0..<8 { chat.store.elsewhere(["1"], in: RoomID(Int32(number))) }
            chat.store.refusesNews(of: [RoomID(3)])
            await chat.node.received(.resync)
            for (number, member) in members.enumerated() where number != 3 { await member.sees(1) }
            #expect(members[3].seqs.isEmpty)
            chat.store.refusesNews(of: [])
            await chat.node.received(.resync)
            await members[3].sees(1)
        }
    }
}
