internal import Rooms
internal import TestKit
internal import Testing

/// What one member sees through its room when the way there is troubled: the promise of `Feed` with a room behind it.
@Suite struct MemberFlowTests {
    private let room = RoomID(0)

    @Test func healsBroadcastsThatCameLateDoubledOrNever() async throws {
        try await FakeChat.run { chat in
            let alice = try await chat.member("alice")
            chat.outlet.hold()
            for number in 1...9 {
                await alice.say("m\(number)")
                await chat.queue.flush(room)
            }
            chat.outlet.release { kept in
                let lost = kept.filter { $0.broadcast.last % 3 != 0 }
                return Array((lost + lost).reversed())
            }
            await alice.say("the last one")
            await alice.sees(10)
            #expect(alice.seqs == Array(1...10))
        }
    }

    @Test func catchesUpWhenItsSocketDrains() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 5
        limits.pageMessagesMax = 4
        try await FakeChat.run(limits: limits) { chat in
            let slow = try await chat.member("slow")
            let fast = try await chat.member("fast")
            await fast.say("1")
            await slow.sees(1)
            await slow.socket(isFull: true)
            for number in 2...30 { await fast.say("\(number)") }
            await fast.sees(30)
            #expect(slow.seqs == [1])
            #expect(!slow.isLive)
            await slow.socket(isFull: false)
            await slow.sees(30)
            #expect(slow.seqs == Array(1...30))
            #expect(slow.shown == fast.shown)
        }
    }

    @Test func catchesUpWhenTheStoreIsBack() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 1
        try await FakeChat.run(limits: limits) { chat in
            let alice = try await chat.member("alice")
            let bob = try await chat.member("bob")
            await alice.socket(isFull: true)
            await bob.say("1", "2", "3")
            await bob.sees(3)
            chat.store.isAway(true)
            await alice.socket(isFull: false)
            #expect(alice.seqs.isEmpty)
            #expect(!alice.isLive)
            chat.store.isAway(false)
            await alice.socket(isFull: false)
            #expect(alice.seqs == [1, 2, 3])
        }
    }

    @Test func promisesNoResumeThatItCannotCheck() async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 1
        try await FakeChat.run(limits: limits) { chat in
            chat.store.elsewhere(["1", "2", "3"], in: room)
            _ = try await chat.member("quiet", .history(0))
            chat.store.isAway(true)
            await #expect(throws: JoinError.unavailable) {
                try await chat.member("alice", .resume(after: 0, epoch: nil))
            }
            #expect(try await chat.member("alice", .resume(after: 2, epoch: nil)).seqs == [3])
        }
    }

    @Test(arguments: 0..<10) func seesEverythingWhateverItsSocketDoes(seed: Int) async throws {
        var limits = RoomLimits.test
        limits.recentPerRoom = 8
        limits.pageMessagesMax = 5
        limits.batchMessagesMax = 7
        try await FakeChat.run(limits: limits) { chat in
            var random = SeededRandom(seed: UInt64(seed))
            let speaker = try await chat.member("speaker")
            let listeners = [try await chat.member("l1"), try await chat.member("l2"), try await chat.member("l3")]
            for number in 1...120 {
                await speaker.say("m\(number)")
                if let listener = listeners.randomElement(using: &random) {
                    await listener.socket(isFull: Bool.random(using: &random))
                }
                if number % 10 == 0 { await speaker.sees(number) }
            }
            for listener in listeners {
                await listener.socket(isFull: false)
                await listener.sees(120)
                #expect(listener.seqs == Array(1...120))
            }
        }
    }
}
