internal import Rooms
internal import TestKit
internal import Testing

@Suite struct MessageQueueTests {
    private let room = RoomID(0)

    private func said(_ chat: FakeChat, _ room: Int32 = 0) -> [String] { chat.store.log(RoomID(room)).map(\.text) }

    @Test func gathersABatchWhileTheLastOneIsInFlight() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob", room: 1)
            chat.store.commits.close()
            await alice.say("first")
            await chat.store.commits.holds()
            for number in 1...10 {
                await alice.say("a\(number)")
                await bob.say("b\(number)")
            }
            #expect(chat.store.appends.count == 1)
            chat.store.commits.open()
            await alice.sees(11)
            await bob.sees(10)
            #expect(chat.store.appends.count == 2)
            #expect(chat.store.appends[1].groups.map(\.room) == [RoomID(0), RoomID(1)])
            #expect(said(chat, 1) == (1...10).map { "b\($0)" })
        }
    }

    @Test func boundsABatch() async throws {
        var limits = RoomLimits.test
        limits.batchMessagesMax = 4
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            chat.store.commits.close()
            await alice.say("0")
            await chat.store.commits.holds()
            for number in 1...10 { await alice.say("\(number)") }
            chat.store.commits.open()
            await alice.sees(11)
            #expect(chat.store.appends.map(\.messageCount) == [1, 4, 4, 2])
            #expect(said(chat) == (0...10).map(String.init))
        }
    }

    @Test func storesOnceWhatARepeatedSendNamesAndTellsOnlyTheRepeater() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.say("hello", id: "a1")
            await alice.sees(1)
            await alice.say("hello again", id: "a1")
            await alice.hears(1)
            #expect(alice.told == [String(decoding: alice.shown[0].json, as: UTF8.self)])
            await bob.say("hello", id: "a1")
            await bob.sees(2)
            #expect(bob.seqs == [1, 2])
            #expect(bob.told.isEmpty)
            #expect(said(chat) == ["hello", "hello"])
        }
    }

    @Test func storesOnceWhatIsRepeatedWithinABatch() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.commits.close()
            await alice.say("0")
            await chat.store.commits.holds()
            await alice.say("one", id: "a1")
            await alice.say("two", id: "a2")
            await alice.say("one", id: "a1")
            await alice.say("three")
            chat.store.commits.open()
            await alice.sees(4)
            await alice.hears(1)
            #expect(said(chat) == ["0", "one", "two", "three"])
            #expect(alice.told[0].contains(#""seq":2"#))
        }
    }

    @Test func saysTryAgainWhenARepeatedMessageCannotBeRead() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 0
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            await alice.say("hello", id: "a1")
            await alice.sees(1)
            chat.store.commits.close()
            await alice.say("hello", id: "a1")
            await chat.store.commits.holds()
            chat.store.isAway(true)
            chat.store.commits.open()
            await alice.hears(1)
            #expect(alice.told[0].contains(#""code":"unavailable""#))
            #expect(alice.told[0].contains(#""id":"a1""#))
            // The node ends when it has notified the other processes of the first message.
            chat.store.isAway(false)
        }
    }

    @Test func triesAgainUntilTheStoreIsBack() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.script([.brokenBefore, .brokenBefore])
            await alice.say("patience")
            await alice.sees(1)
            #expect(said(chat) == ["patience"])
            #expect(chat.store.appends.count == 3)
        }
    }

    @Test func storesOnceWhenTheOutcomeOfACommitIsUnknown() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.script([.brokenAfter, .brokenBefore])
            await alice.say("once", "and once")
            await alice.sees(2)
            #expect(said(chat) == ["once", "and once"])
            #expect(Set(chat.store.appends.map(\.id)).count == 1)
            #expect(alice.seqs == [1, 2])
        }
    }

    @Test func findsThePoisonousMessageAndStoresItsNeighbours() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob", room: 1)
            chat.store.commits.close()
            await alice.say("0")
            await chat.store.commits.holds()
            for number in 1...5 {
                await alice.say("a\(number)")
                if number == 3 { await alice.say(FakeStore.poison, id: "bad") }
                await bob.say(number == 1 ? "more " + FakeStore.poison : "b\(number)")
            }
            chat.store.commits.open()
            await alice.sees(6)
            await bob.sees(4)
            await alice.hears(1)
            await bob.hears(1)
            #expect(said(chat) == ["0", "a1", "a2", "a3", "a4", "a5"])
            #expect(said(chat, 1) == ["b2", "b3", "b4", "b5"])
            #expect(alice.told[0].contains(#""code":"not_stored""#))
            #expect(alice.told[0].contains(#""id":"bad""#))
            #expect(alice.seqs == Array(1...6))
        }
    }

    @Test func findsThePoisonousMessageWhenTheOutcomesAreUnknownToo() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.script([.none, .brokenAfter, .none, .brokenBefore, .brokenAfter])
            await alice.say("1", "2", FakeStore.poison, "3")
            await alice.sees(3)
            await alice.hears(1)
            #expect(said(chat) == ["1", "2", "3"])
        }
    }

    @Test func refusesWhatItsQueueCannotHold() async throws {
        var limits = RoomLimits.test
        limits.queueMessagesMax = 3
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            chat.store.commits.close()
            await alice.say("in flight")
            await chat.store.commits.holds()
            #expect(await alice.say("1", "2"))
            #expect(await !alice.say("3", "4"))
            #expect(await alice.say("5"))
            #expect(await !alice.say("6"))
            chat.store.commits.open()
            await alice.sees(4)
            #expect(said(chat) == ["in flight", "1", "2", "5"])
            #expect(await alice.say("7"))
        }
    }

    @Test func flushesWhatWasSubmittedBefore() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            await chat.queue.flush(room)
            await alice.say("1", "2", FakeStore.poison)
            await chat.queue.flush(room)
            #expect(alice.seqs == [1, 2])
            #expect(alice.told.count == 1)
            await chat.queue.flush(room)
        }
    }

    @Test func storesOnCloseWhatItTookAndTakesNothingMore() async throws {
        let chat = FakeChat()
        let running = Task { await chat.node.run() }
        let alice = try await chat.member("alice")
        chat.store.commits.close()
        for number in 1...50 { await alice.say("\(number)") }
        chat.queue.close()
        #expect(await !alice.say("too late"))
        chat.store.commits.open()
        await running.value
        #expect(alice.seqs == Array(1...50))
        #expect(said(chat) == (1...50).map(String.init))
    }

    @Test func givesUpWaitingForTheStoreWhenCancelled() async throws {
        let chat = FakeChat()
        let running = Task { await chat.node.run() }
        let alice = try await chat.member("alice")
        chat.store.isAway(true)
        await alice.say("never stored")
        running.cancel()
        await running.value
        #expect(alice.seqs.isEmpty)
        #expect(said(chat).isEmpty)
    }

    @Test func showsWhatSQLClientsSaid() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob", room: 1)
            await alice.say("hello")
            chat.store.newMessage("one", in: room)
            chat.store.newMessage("eins", in: RoomID(1))
            chat.store.newMessage("two", in: room)
            chat.store.newMessage("nobody is here", in: RoomID(9))
            await chat.node.received(.inbox)
            await alice.sees(3)
            await bob.sees(1)
            #expect(alice.seqs == [1, 2, 3])
            #expect(said(chat, 9) == ["nobody is here"])
        }
    }

    @Test func healsALostDrainByLookingForItself() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.newMessage("committed, but the answer is lost", in: room)
            chat.store.loseInboxReply()
            await chat.node.received(.inbox)
            await alice.sees(1)
            #expect(alice.seqs == [1])
        }
    }

    @Test func showsWhatTheDatabaseMadeOfAMessage() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.say("a rude word", id: "a1")
            await bob.sees(1)
            await chat.queue.flush(room)
            #expect(alice.shown == chat.store.log(room).map(EncodedMessage.init))
            #expect(alice.shown == bob.shown)
            #expect(said(chat) == ["a **** word"])
        }
    }

    @Test func tellsOnlyTheSenderOfADroppedMessage() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.say(FakeStore.dropped, id: "a1")
            await alice.hears(1)
            #expect(alice.told[0].contains(#""code":"not_stored""#))
            #expect(alice.told[0].contains(#""id":"a1""#))
            await alice.say("1", FakeStore.dropped, "3")
            await bob.sees(2)
            #expect(bob.seqs == [2, 4])
            #expect(bob.told.isEmpty)
            #expect(bob.shown.map { String(decoding: $0.json, as: UTF8.self).contains("prev_seq") } == [true, true])
            await chat.queue.flush(room)
            #expect(alice.seqs == [2, 4])
        }
    }

    @Test func storesOtherRoomsWhileOneIsTooSlow() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob", room: 1)
            chat.store.commits.close()
            await bob.say("0")
            await chat.store.commits.holds()
            await alice.say("1")
            await alice.say(FakeStore.slow, id: "bad")
            await alice.say("2")
            await bob.say("b")
            chat.store.commits.open()
            await bob.sees(2)
            await alice.hears(1)
            #expect(alice.told[0].contains(#""code":"not_stored""#))
            #expect(alice.told[0].contains(#""id":"bad""#))
            await chat.queue.flush(room)
            #expect(alice.seqs == [1])
            // What waited behind it was not tried: its sender is told to try again.
            #expect(alice.told.count == 2)
            #expect(alice.told[1].contains(#""code":"unavailable""#))
            await alice.say("2")
            await alice.sees(2)
            #expect(chat.store.appends.last?.id.lane == .slow)
            await bob.say("c")
            await bob.sees(3)
            #expect(chat.store.appends.last?.id.lane == .live)
        }
    }

    @Test func storesSmallerBatchesWhenLargeOnesTakeTooLong() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.timesOut(above: 10)
            chat.store.commits.close()
            await alice.say("0")
            await chat.store.commits.holds()
            for number in 1...100 { await alice.say("\(number)") }
            chat.store.commits.open()
            await alice.sees(101)
            #expect(said(chat) == (0...100).map(String.init))
            #expect(alice.seqs == Array(1...101))
            #expect(alice.told.isEmpty)
        }
    }

    @Test func settlesBeforeItDividesWhatMayHaveBeenStored() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.script([.brokenBefore])
            await alice.say("1", FakeStore.poison)
            await alice.sees(1)
            await alice.hears(1)
            #expect(chat.store.settled == [chat.store.appends[0].id])
            #expect(Set(chat.store.appends.map(\.id)).count == 3)
            #expect(chat.store.appends.map(\.id.number) == [1, 1, 2, 3])
        }
    }

    @Test func storesUnderANewNameWhenTheStoreHasForgottenIt() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.forgetWriters()
            await alice.say("1")
            await alice.sees(1)
            #expect(alice.told.isEmpty)
        }
    }

    @Test func saysThatTheOutcomeIsUnknownWhenTheReceiptIsGone() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.script([.brokenAfter, .none])
            chat.store.commits.close()
            await alice.say("1", id: "a1")
            await chat.store.commits.holds()
            chat.store.forgetWriters()
            chat.store.commits.open()
            await alice.hears(1)
            #expect(alice.told[0].contains(#""code":"unavailable""#))
            // Never twice: the repeat finds the first one by its id.
            await alice.say("1", id: "a1")
            await chat.queue.flush(room)
            #expect(said(chat) == ["1"])
        }
    }

    @Test func drainsTheInboxInBatchesThatTheDatabaseCanFinish() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.store.timesOut(above: 10)
            for number in 1...100 { chat.store.newMessage("\(number)", in: room) }
            await chat.node.received(.inbox)
            await alice.sees(100)
            #expect(said(chat) == (1...100).map(String.init))
            #expect(chat.store.drains.max() == 64)
        }
    }

    @Test(.timeLimit(.minutes(1))) func storesSlowRoomsBetweenTheBatchesOfTheInbox() async throws {
        var limits = RoomLimits.test
        limits.inboxMessagesMax = 1
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            await alice.say(FakeStore.slow)
            await alice.hears(1)
            await chat.queue.flush(room)
            // From here on the room is in the slow lane, which the inbox shares.
            for number in 1...5 { chat.store.newMessage("sql \(number)", in: RoomID(9)) }
            chat.store.inbox.close()
            await chat.node.received(.inbox)
            await chat.store.inbox.holds()
            await alice.say("hello")
            chat.store.inbox.step()
            await alice.sees(1)
            #expect(said(chat, 9).count <= 2)
            chat.store.inbox.open()
        }
    }

    @Test func putsARefusedMessageOfTheInboxAside() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            for number in 1...20 { chat.store.newMessage(number == 7 ? FakeStore.poison : "\(number)", in: room) }
            await chat.node.received(.inbox)
            await alice.sees(19)
            #expect(said(chat) == (1...20).filter { $0 != 7 }.map(String.init))
        }
    }
}
