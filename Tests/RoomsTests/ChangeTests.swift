internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct ChangeTests {
    private let room = RoomID(0)

    private func member(
        _ chat: FakeChat, _ user: String, _ request: JoinRequest = .history(nil), view: LogView = .changes
    ) async throws -> FakeMember {
        let member = FakeMember(user, outlet: chat.outlet)
        try await member.join(room, request, view: view, in: chat.directory)
        return member
    }

    private func texts(_ rows: [EncodedMessage]) -> [String] { rows.map { String(decoding: $0.json, as: UTF8.self) } }

    @Test func changesAreEventsForThoseWhoAskedAndTheirSenderIsAnswered() async throws {
        try await FakeChat.run { chat in
            let asker = try await member(chat, "asker")
            let plain = try await member(chat, "plain", view: .messages)
            await plain.say("one", "two")
            await plain.sees(2)
            await plain.change(1, .edit(text: "uno"))
            await plain.hears(1)
            await asker.change(2, .delete)
            await asker.sees(4)
            await plain.say("three")
            await plain.sees(3)
            await asker.sees(5)
            #expect(asker.seqs == [1, 2, 3, 4, 5])
            #expect(asker.told == [])
            #expect(texts(asker.shown)[2].hasSuffix(#""edited":1,"message":"uno"}"#))
            #expect(texts(asker.shown)[3].hasSuffix(#""deleted":2}"#))
            #expect(plain.seqs == [1, 2, 5])
            #expect(plain.told == [texts(asker.shown)[2]])
            #expect(texts(plain.shown)[2].hasPrefix(#"{"seq":5,"prev_seq":2,"#))
            #expect(texts(asker.shown)[4].hasPrefix(#"{"seq":5,"time""#))
        }
    }

    /// Rows in memory are those that the log has now: for a newcomer, for a resume, and after another process's changes.
    @Test(arguments: [256, 3])
    func whoComesLaterSeesTheCurrentState(recent: Int) async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = recent
        try await FakeChat.run(limits: limits) { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one", "two", "three")
            await ada.sees(3)
            for (count, (target, action)) in [
                (1, ChangeDraft.Action.edit(text: "secret")), (2, .react(emoji: "👍", isOn: true)),
                (1, .edit(text: "uno")), (3, .delete), (2, .react(emoji: "👍", isOn: false)),
                (2, .react(emoji: "x", isOn: true)),
            ].enumerated() {
                await ada.change(Int64(target), action)
                await ada.sees(4 + count)
            }
            let log = chat.store.rows(room)
            for after in Int64(0)...9 {
                let late = try await member(chat, "late", .resume(after: after, epoch: nil))
                #expect(texts(late.shown) == texts(log.filter { $0.seq > after }))
            }
            let plain = try await member(chat, "plain", .resume(after: 0, epoch: nil), view: .messages)
            #expect(plain.seqs == [1, 2])
            #expect(texts(plain.shown)[0].contains(#""message":"uno","edited_seq":6,"changed_seq":6}"#))
            for shown in try await [member(chat, "x"), member(chat, "y", view: .messages)].map(\.shown) {
                #expect(!texts(shown).joined().contains("secret"))
                #expect(!texts(shown).joined().contains("three"))
            }
        }
    }

    @Test(arguments: [256, 3])
    func aNumberOfMessagesCountsMessagesOnly(recent: Int) async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = recent
        try await FakeChat.run(limits: limits) { chat in
            let ada = try await member(chat, "ada")
            await ada.say("1", "2", "3", "4")
            await ada.sees(4)
            for count in 1...4 {
                await ada.change(2, .react(emoji: "\(count)", isOn: true))
                await ada.sees(4 + count)
            }
            await ada.change(3, .delete)
            await ada.sees(9)
            #expect(try await member(chat, "a", .history(2), view: .messages).seqs == [2, 4])
            #expect(try await member(chat, "b", .history(3), view: .messages).seqs == [1, 2, 4])
            #expect(try await member(chat, "c", .history(2)).seqs == [3, 4, 5, 6, 7, 8, 9])
        }
    }

    @Test func anIDNamesOneMessageOrOneChange() async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            let plain = try await member(chat, "ada", view: .messages)
            await ada.say("one", id: "a")
            await ada.sees(1)
            await ada.change(1, .edit(text: "uno"), id: "b")
            await ada.sees(2)
            await ada.change(1, .edit(text: "due"), id: "b")
            await ada.hears(1)
            await plain.change(1, .edit(text: "due"), id: "b")
            await plain.hears(1)
            await ada.say("two", id: "b")
            await ada.hears(2)
            #expect(ada.told == [String](repeating: texts(ada.shown)[1], count: 2))
            #expect(plain.told == [texts(ada.shown)[1]])
            await ada.say("one", id: "a")
            await ada.hears(3)
            #expect(ada.told[2].contains(#""message":"uno""#))
            #expect(chat.store.log(room).count == 1)
        }
    }

    @Test func whatCannotBeChangedIsAnsweredWithAnError() async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one")
            await ada.sees(1)
            await ada.change(7, .delete, id: "a")
            await ada.change(1, .react(emoji: "👍", isOn: false), id: "b")
            await ada.change(1, .edit(text: FakeStore.poison), id: "c")
            await ada.hears(3)
            #expect(ada.told[0].contains(#""code":"not_found""#) && ada.told[0].contains(#""id":"a""#))
            #expect(ada.told[1] == #"{"done":"react","id":"b"}"#)
            #expect(ada.told[2].contains(#""code":"not_stored""#) && ada.told[2].contains(#""id":"c""#))
            #expect(ada.seqs == [1])
        }
    }

    @Test func oneRejectedChangeDoesNotStopTheOthers() async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            await ada.say("1", "2", "3", "4", "5")
            await ada.sees(5)
            chat.store.commits.close()
            await ada.change(1, .edit(text: "first"))
            await chat.store.commits.holds(1)
            for target in Int64(2)...5 {
                await ada.change(target, .edit(text: target == 4 ? FakeStore.poison : "new \(target)"))
            }
            chat.store.commits.open()
            await ada.sees(9)
            await ada.hears(1)
            #expect(chat.store.log(room).map(\.text) == ["first", "new 2", "new 3", "4", "new 5"])
            #expect(ada.told[0].contains("not_stored"))
        }
    }

    @Test(arguments: [FakeStore.Fault.brokenBefore, .brokenAfter])
    func aLostAnswerChangesNothingTwice(fault: FakeStore.Fault) async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one")
            await ada.sees(1)
            chat.store.script([fault])
            await ada.change(1, .edit(text: "uno"))
            await ada.sees(2)
            await ada.say("two")
            await ada.sees(3)
            #expect(ada.seqs == [1, 2, 3])
            #expect(chat.store.changeBatches.map(\.number) == [1, 1])
        }
    }

    /// The first attempt may still be carried out when the second one is rejected, for example because it waits too long.
    @Test func aRejectionAfterAnUnknownAttemptDoesNotSayThatNothingIsStored() async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one")
            await ada.sees(1)
            chat.store.script([.brokenBefore])
            await ada.change(1, .edit(text: FakeStore.poison), id: "a")
            await ada.hears(1)
            await ada.change(1, .edit(text: FakeStore.poison), id: "a")
            await ada.hears(2)
            #expect(ada.told[0].contains(#""code":"unavailable""#) && ada.told[0].contains(#""id":"a""#))
            #expect(ada.told[1].contains(#""code":"not_stored""#))
        }
    }

    @Test func aFullQueueRefusesAndLosesNothing() async throws {
        var limits = RoomLimits.test
        limits.changesWaitingMax = 2
        try await FakeChat.run(limits: limits) { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one")
            await ada.sees(1)
            chat.store.commits.close()
            #expect(await ada.change(1, .react(emoji: "0", isOn: true)))
            await chat.store.commits.holds(1)
            #expect(await ada.change(1, .react(emoji: "1", isOn: true)))
            #expect(await ada.change(1, .react(emoji: "2", isOn: true)))
            #expect(await ada.change(1, .react(emoji: "3", isOn: true)) == false)
            chat.store.commits.open()
            await ada.sees(4)
            #expect(chat.store.log(room)[0].changes?.reactions.map(\.emoji) == ["0", "1", "2"])
        }
    }

    @Test func changesThatWaitAreStoredBeforeTheEnd() async throws {
        let store = FakeStore()
        try await FakeChat.run(store: store) { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one")
            await ada.sees(1)
            for number in 0..<200 { await ada.change(1, .react(emoji: "\(number)", isOn: true)) }
        }
        #expect(store.log(room)[0].changes?.reactions.count == 200)
    }

    @Test func changesOfAnotherProcessReachTheMembers() async throws {
        try await FakeChat.run { chat in
            let ada = try await member(chat, "ada")
            await ada.say("one", "two")
            await ada.sees(2)
            chat.store.changeElsewhere(1, .edit(text: "secret"), in: room)
            chat.store.changeElsewhere(1, .edit(text: "uno"), in: room)
            await chat.node.received(.news([RoomPosition(room: room, seq: 4)]))
            await ada.sees(4)
            let late = try await member(chat, "late")
            #expect(texts(late.shown) == texts(chat.store.rows(room)))
            #expect(texts(late.shown)[0].contains("uno"))
        }
    }
}
