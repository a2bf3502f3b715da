internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct RoomTests {
    private let room = RoomID(0)

    private func texts(_ member: FakeMember) -> [String] {
        member.shown.map { String(decoding: $0.json, as: UTF8.self) }
    }

    /// Consecutive rows as a run of the log.
    private func run(_ messages: ArraySlice<StoredMessage>) -> LogRun {
        LogRun(
            room: room, after: (messages.first?.seq ?? 1) - 1, through: messages.last?.seq ?? 0,
            messages: Array(messages))
    }

    @Test func showsEverybodyEveryMessageInOneOrder() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            for number in 1...20 {
                await alice.say("a\(number)")
                await bob.say("b\(number)", "and b\(number) again")
            }
            await alice.sees(60)
            await bob.sees(60)
            #expect(alice.seqs == Array(1...60))
            #expect(alice.shown == bob.shown)
            #expect(alice.shown == chat.store.log(room).map(EncodedMessage.init))
        }
    }

    @Test func numbersEachRoomByItself() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice", room: 1)
            let bob = try await chat.member("bob", room: -2)
            await alice.say("one", "two")
            await bob.say("eins")
            await alice.sees(2)
            await bob.sees(1)
            #expect(alice.seqs == [1, 2])
            #expect(bob.seqs == [1])
            #expect(texts(bob)[0].contains(#""user":"bob","message":"eins""#))
        }
    }

    @Test func startsANewcomerWithTheNewestAndLeavesNoSeamWhileOthersPost() async throws {
        try await FakeChat.run { chat in
            chat.store.elsewhere((1...30).map { "old \($0)" }, in: room)
            let alice = try await chat.member("alice", .history(0))
            chat.store.opens.open()
            var newcomers: [FakeMember] = []
            for number in 1...40 {
                await alice.say("new \(number)")
                newcomers.append(try await chat.member("n\(number)", .history(10)))
            }
            await alice.sees(40)
            await chat.queue.flush(room)
            for newcomer in newcomers {
                let first = try #require(newcomer.seqs.first)
                #expect(newcomer.seqs == Array(first...70))
            }
        }
    }

    @Test func resumesExactlyFromMemoryAndFromTheStore() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 4
        limits.pageMessagesMax = 3
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere((1...20).map { "m\($0)" }, in: room)
            let near = try await chat.member("near", .resume(after: 17, epoch: chat.store.epoch))
            #expect(near.seqs == [18, 19, 20])
            #expect(chat.store.pageReads == 0)
            let far = try await chat.member("far", .resume(after: 2, epoch: nil))
            #expect(far.seqs == Array(3...20))
            #expect(chat.store.pageReads > 3)
            let level = try await chat.member("level", .resume(after: 20, epoch: nil))
            #expect(level.seqs.isEmpty)
            await near.say("all together")
            for member in [near, far, level] { await member.sees(1) }
            await chat.queue.flush(room)
            #expect(level.seqs == [21])
            #expect(far.seqs == Array(3...21))
        }
    }

    @Test func aPageTellsWhatWasPrunedSinceTheJoin() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 1
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere((1...9).map { "m\($0)" }, in: room)
            let (live, _) = try await chat.directory.join(FakeMember("bob"), room: room, .history(0))
            chat.store.prune(room, before: 7)
            // From 4 to 6 nothing is left, as the database says in the first answer.
            let stale = try await live.page(after: 3, view: .changes)
            let page = try await live.page(after: 3, view: .changes)
            for messages in [stale.messages, page.messages] {
                #expect(messages.map(\.seq) == [7, 8, 9])
                #expect(String(decoding: messages[0].json, as: UTF8.self).hasPrefix(#"{"seq":7,"prev_seq":3,"#))
            }
        }
    }

    @Test func fetchesWhatAnotherProcessStored() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let missed = chat.store.elsewhere(["1", "2", "3"], in: room)
            chat.directory.committed([run(missed[2...])], askedAt: .now)
            await chat.outlet.settle()
            await alice.sees(3)
            #expect(alice.seqs == [1, 2, 3])
            chat.directory.committed([run(missed[...])], askedAt: .now)
            await chat.outlet.settle()
            #expect(alice.seqs == [1, 2, 3])
            chat.store.elsewhere(["4"], in: room)
            await alice.say("5")
            await alice.sees(5)
            #expect(alice.seqs == [1, 2, 3, 4, 5])
        }
    }

    @Test func readsUpToWhatItHeardOfWhileItWasFetching() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let first = chat.store.elsewhere(["1", "2"], in: room)
            chat.store.pages.close()
            chat.directory.committed([run(first[1...])], askedAt: .now)
            await chat.outlet.settle()
            await chat.store.pages.holds()
            let second = chat.store.elsewhere(["3", "4"], in: room)
            chat.directory.committed([run(second[1...])], askedAt: .now)
            await chat.outlet.settle()
            chat.store.pages.open()
            await alice.sees(4)
            #expect(alice.seqs == [1, 2, 3, 4])
        }
    }

    @Test(.timeLimit(.minutes(1))) func missesNothingCommittedWhileItWasOpening() async throws {
        try await FakeChat.run { chat in
            chat.store.opens.close()
            async let joined = chat.member("alice")
            await chat.store.opens.holds()
            let news = chat.store.elsewhere(["said while the room was opening"], in: room)
            chat.directory.committed([run(news[...])], askedAt: .now)
            await chat.outlet.settle()
            chat.store.opens.open()
            let alice = try await joined
            await alice.sees(1)
            #expect(alice.seqs == [1])
        }
    }

    @Test func missesNothingWhenItResyncsWhileItWasOpening() async throws {
        try await FakeChat.run { chat in
            chat.store.opens.close()
            async let joined = chat.member("alice")
            await chat.store.opens.holds()
            chat.store.elsewhere(["its doorbell was lost"], in: room)
            async let synced: Void = chat.directory.resync()
            chat.store.opens.open()
            let alice = try await joined
            await synced
            await alice.sees(1)
            #expect(alice.seqs == [1])
        }
    }

    @Test func goesOnBehindMessagesThatWerePrunedBeforeItSawThem() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await alice.say("1")
            await alice.sees(1)
            let missed = chat.store.elsewhere((2...9).map(String.init), in: room)
            chat.store.prune(room, before: 6)
            chat.directory.committed([run(missed[7...])], askedAt: .now)
            await chat.outlet.settle()
            await alice.say("10")
            await chat.queue.flush(room)
            await alice.sees(6)
            #expect(alice.seqs == [1, 6, 7, 8, 9, 10])
        }
    }

    @Test func historyReachesAsFarAsTheClientHasSeenAtAnotherProcess() async throws {
        var limits = RoomLimits.test
        limits.pageMessagesMax = 1
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere(["1", "2"], in: room)
            let (live, _) = try await chat.directory.join(FakeMember("bob"), room: room, .history(0))
            chat.store.pages.close()
            chat.store.elsewhere((3...7).map(String.init), in: room)
            chat.store.prune(room, before: 4)
            // This process knows 2; the client has come from one where it has seen 7.
            let newest = try await live.history(before: nil, limit: 10, view: .changes, cursor: 7)
            #expect(newest.messages.map(\.seq) == [4, 5, 6, 7])
            #expect(!newest.more)
            let older = try await live.history(before: 6, limit: 1, view: .changes, cursor: 7)
            #expect(older.messages.map(\.seq) == [5])
            #expect(older.more)
            chat.store.pages.open()
        }
    }

    @Test func showsOlderHistoryInPages() async throws {
        var limits = RoomLimits.test
        limits.historyOnJoin = 2
        limits.historyMax = 4
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere((1...10).map(String.init), in: room)
            let alice = FakeMember("alice")
            let (room, _) = try await chat.directory.join(alice, room: room, .history(0))
            let newest = try await room.history(before: nil, limit: nil, view: .changes)
            #expect(newest.messages.map(\.seq) == [9, 10])
            #expect(newest.more)
            let capped = try await room.history(before: 9, limit: 1000, view: .changes)
            #expect(capped.messages.map(\.seq) == [5, 6, 7, 8])
            #expect(capped.more)
            let oldest = try await room.history(before: 5, limit: 4, view: .changes)
            #expect(oldest.messages.map(\.seq) == [1, 2, 3, 4])
            #expect(!oldest.more)
            let none = try await room.history(before: 1, limit: 4, view: .changes)
            #expect(none.messages.isEmpty)
            #expect(!none.more)
        }
    }

    @Test func answersWithAtLeastOneMessageEvenIfNoneIsShownByDefault() async throws {
        var limits = RoomLimits.test
        limits.historyOnJoin = 0
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere(["1", "2"], in: room)
            let (room, _) = try await chat.directory.join(FakeMember("alice"), room: room, .history(nil))
            let history = try await room.history(before: nil, limit: nil, view: .changes)
            #expect(history.messages.map(\.seq) == [2])
            #expect(history.more)
        }
    }

    @Test func remembersWhoIsThere() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.leave()
            await alice.leave()
            await bob.say("alone")
            await bob.sees(1)
            #expect(alice.seqs.isEmpty)
        }
    }

    @Test func refusesToOpenWhileTheStoreIsAwayAndOpensLater() async throws {
        try await FakeChat.run { chat in
            chat.store.isAway(true)
            await #expect(throws: JoinError.unavailable) { try await chat.member("alice") }
            chat.store.isAway(false)
            let alice = try await chat.member("alice")
            await alice.say("back")
            await alice.sees(1)
        }
    }

    @Test func opensOnceForAllWhoComeTogether() async throws {
        try await FakeChat.run { chat in
            chat.store.elsewhere(["1", "2"], in: room)
            chat.store.opens.close()
            try await withThrowingTaskGroup { group in
                for number in 1...10 { group.addTask { try await chat.member("m\(number)") } }
                await chat.store.opens.holds()
                chat.store.opens.open()
                for try await member in group { #expect(member.seqs == [1, 2]) }
            }
        }
    }
}
