internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct LiveSessionsTests {
    private let store = FakeSessions()

    private func session(_ key: String) async throws -> Session {
        store.insert(key, "alice")
        return try #require(try await store.session(key: key))
    }

    @Test func boundsTheConnectionsOfEachSession() async throws {
        var limits = RoomLimits.test
        limits.connectionsPerSessionMax = 2
        let live = LiveSessions(store: store, limits: limits)
        let (a, b) = (try await session("a"), try await session("b"))
        let (one, two, three) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        #expect(live.enter(a, one))
        #expect(live.enter(a, two))
        #expect(!live.enter(a, three))
        #expect(live.enter(b, three))
        live.leave(a, three)
        #expect(!live.enter(a, three))
        live.leave(a, one)
        #expect(live.enter(a, three))
    }

    @Test func letsAnyNumberInWithoutALimit() async throws {
        let live = LiveSessions(store: store, limits: .test)
        let a = try await session("a")
        for number in 0..<500 { #expect(live.enter(a, FakeMember("\(number)"))) }
    }

    @Test func tellsEachConnectionOfASessionThatChangedOrWent() async throws {
        let live = LiveSessions(store: store, limits: .test)
        let (a, b) = (try await session("a"), try await session("b"))
        let (one, two, other) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        for (session, member) in [(a, one), (a, two), (b, other)] {
            #expect(live.enter(session, member))
        }
        await live.recheck()
        store.insert("a", "alicia")
        await live.recheck(a.fingerprint)
        await live.recheck(a.fingerprint)
        store.delete("a")
        await live.recheck()
        #expect(one.told == ["alicia", "revoked"])
        #expect(two.told == ["alicia", "revoked"])
        #expect(other.told.isEmpty)
    }

    @Test func concludesNothingFromAStoreThatIsAway() async throws {
        let live = LiveSessions(store: store, limits: .test)
        let a = try await session("a")
        let member = FakeMember("1")
        #expect(live.enter(a, member))
        store.delete("a")
        store.isAway(true)
        await live.recheck()
        #expect(member.told.isEmpty)
        store.isAway(false)
        await live.recheck()
        #expect(member.told == ["revoked"])
    }

    @Test func looksAtEachSessionOnceInTenSweepsAndAtExpiringOnesInEach() async throws {
        let live = LiveSessions(store: store, limits: .test)
        let now = Timestamp(microseconds: 1_000_000_000)
        for number in 0..<200 {
            // Every tenth is about to expire, every other one later.
            let expiry = number % 10 == 0 ? 30_000_000 : 600_000_000
            store.insert(
                "\(number)", "alice", expiresAt: Timestamp(microseconds: now.microseconds + Int64(expiry)))
            let session = try #require(try await store.session(key: "\(number)"))
            #expect(live.enter(session, FakeMember("\(number)")))
        }
        var asked: [String: Int] = [:]
        for _ in 0..<10 {
            await live.sweep(now: now)
            for key in store.takeRefreshed() { asked[key, default: 0] += 1 }
        }
        #expect((0..<200).allSatisfy { asked["fingerprint of \($0)"] == ($0 % 10 == 0 ? 10 : 1) })
    }

    @Test func endsASessionThatExpired() async throws {
        let live = LiveSessions(store: store, limits: .test)
        store.insert("a", "alice", expiresAt: Timestamp(microseconds: 5))
        let member = FakeMember("1")
        #expect(live.enter(try #require(try await store.session(key: "a")), member))
        store.delete("a")
        await live.sweep(now: Timestamp(microseconds: 6))
        #expect(member.told == ["revoked"])
    }

    @Test(arguments: [Int64.min, 0, .max]) func endsNobodyBecauseThisMachinesClockJumps(microseconds: Int64)
        async throws
    {
        let live = LiveSessions(store: store, limits: .test)
        store.insert("a", "alice", expiresAt: Timestamp(microseconds: 1_000_000_000_000))
        let member = FakeMember("1")
        #expect(live.enter(try #require(try await store.session(key: "a")), member))
        for _ in 0..<10 { await live.sweep(now: Timestamp(microseconds: microseconds)) }
        #expect(member.told.isEmpty)
    }
}
