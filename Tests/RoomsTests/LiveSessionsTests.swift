internal import Rooms
internal import TestKit
internal import Testing

@Suite struct LiveSessionsTests {
    private let store = FakeSessions()

    private func session(_ key: String) async throws -> Session {
        store.insert(key, "alice")
        return try #require(try await store.session(key: key))
    }

    @Test func boundsTheConnectionsOfEachSession() async throws {
        let live = LiveSessions(store: store, connectionsPerSessionMax: 2)
        let (a, b) = (try await session("a"), try await session("b"))
        let (one, two, three) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        #expect(live.enter(a, key: "a", one))
        #expect(live.enter(a, key: "a", two))
        #expect(!live.enter(a, key: "a", three))
        #expect(live.enter(b, key: "b", three))
        live.leave(a, three)
        #expect(!live.enter(a, key: "a", three))
        live.leave(a, one)
        #expect(live.enter(a, key: "a", three))
    }

    @Test func letsAnyNumberInWithoutALimit() async throws {
        let live = LiveSessions(store: store, connectionsPerSessionMax: nil)
        let a = try await session("a")
        for number in 0..<500 { #expect(live.enter(a, key: "a", FakeMember("\(number)"))) }
    }

    @Test func tellsEachConnectionOfASessionThatChangedOrWent() async throws {
        let live = LiveSessions(store: store, connectionsPerSessionMax: nil)
        let (a, b) = (try await session("a"), try await session("b"))
        let (one, two, other) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        for (session, key, member) in [(a, "a", one), (a, "a", two), (b, "b", other)] {
            #expect(live.enter(session, key: key, member))
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
        let live = LiveSessions(store: store, connectionsPerSessionMax: nil)
        let a = try await session("a")
        let member = FakeMember("1")
        #expect(live.enter(a, key: "a", member))
        store.delete("a")
        store.isAway(true)
        await live.recheck()
        #expect(member.told.isEmpty)
        store.isAway(false)
        await live.recheck()
        #expect(member.told == ["revoked"])
    }
}
