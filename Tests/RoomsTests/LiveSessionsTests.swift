internal import MetricsTestKit
internal import TestKit
internal import Testing

@testable internal import Rooms

@Suite struct LiveSessionsTests {
    private let store = FakeSessions()

    private func live(_ limits: RoomLimits = .test, _ metrics: RoomMetrics = RoomMetrics()) -> LiveSessions {
        LiveSessions(store: store, limits: limits, metrics: metrics)
    }

    /// Makes a session and looks it up.
    private func lookup(_ key: String, in live: LiveSessions) async throws -> SessionLookup {
        store.insert(key, "alice")
        return try #require(try await live.lookup(key: key))
    }

    /// The session as the store has it.
    private func stored(_ key: String) async throws -> Session { try #require(try await store.session(key: key)) }

    @Test func boundsTheConnectionsOfEachSession() async throws {
        var limits = RoomLimits.test
        limits.connectionsPerSessionMax = 2
        let live = live(limits)
        let (a, b) = (try await lookup("a", in: live), try await lookup("b", in: live))
        let (one, two, three) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        #expect(try await live.enter(a, one) == .entered(a.session))
        #expect(try await live.enter(a, two) == .entered(a.session))
        #expect(try await live.enter(a, three) == .full)
        #expect(try await live.enter(b, three) == .entered(b.session))
        live.leave(a.session, three)
        #expect(try await live.enter(a, three) == .full)
        live.leave(a.session, one)
        #expect(try await live.enter(a, three) == .entered(a.session))
    }

    @Test func letsAnyNumberInWithoutALimit() async throws {
        var limits = RoomLimits.test
        limits.connectionsPerSessionMax = nil
        let live = live(limits)
        let a = try await lookup("a", in: live)
        for number in 0..<500 { #expect(try await live.enter(a, FakeMember("\(number)")) == .entered(a.session)) }
    }

    @Test func tellsEachConnectionOfASessionThatChangedOrWent() async throws {
        let live = live()
        let (a, b) = (try await lookup("a", in: live), try await lookup("b", in: live))
        let (one, two, other) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        for (lookup, member) in [(a, one), (a, two), (b, other)] { _ = try await live.enter(lookup, member) }
        await live.recheck()
        store.insert("a", "alicia")
        await live.recheck(a.session.fingerprint)
        await live.recheck(a.session.fingerprint)
        store.delete("a")
        await live.recheck()
        await live.recheck()
        #expect(one.told == ["alicia", "revoked"])
        #expect(two.told == ["alicia", "revoked"])
        #expect(other.told.isEmpty)
    }

    @Test func looksAgainWhenTheStoreWasAway() async throws {
        let live = live()
        let a = try await lookup("a", in: live)
        let member = FakeMember("1")
        _ = try await live.enter(a, member)
        store.delete("a")
        store.isAway(true)
        await live.recheck(a.session.fingerprint)
        await live.retry()
        #expect(member.told.isEmpty)
        store.isAway(false)
        await live.retry()
        #expect(member.told == ["revoked"])
        _ = store.takeRefreshed()
        await live.retry()
        #expect(store.takeRefreshed().isEmpty)
    }

    @Test func asksNothingForSessionsWithoutConnections() async throws {
        let live = live()
        let a = try await lookup("a", in: live)
        await live.recheck(a.session.fingerprint)
        await live.recheck()
        let member = FakeMember("1")
        _ = try await live.enter(try await lookup("b", in: live), member)
        live.leave(try await stored("b"), member)
        await live.recheck(try await stored("b").fingerprint)
        #expect(store.takeRefreshed().isEmpty)
    }

    @Test func aChangeAfterTheLookupWins() async throws {
        let live = live()
        let (a, b) = (try await lookup("a", in: live), try await lookup("b", in: live))
        store.insert("a", "alicia", room: 7, role: .reader)
        await live.recheck(a.session.fingerprint)
        #expect(try await live.enter(a, FakeMember("1")) == .entered(try await stored("a")))
        // Nothing was said of this one.
        _ = store.takeRefreshed()
        #expect(try await live.enter(b, FakeMember("2")) == .entered(b.session))
        #expect(store.takeRefreshed().isEmpty)
    }

    @Test func aSessionThatWentAfterTheLookupDoesNotCount() async throws {
        var limits = RoomLimits.test
        limits.connectionsPerSessionMax = 1
        let live = live(limits)
        let a = try await lookup("a", in: live)
        store.delete("a")
        await live.recheck(a.session.fingerprint)
        #expect(try await live.enter(a, FakeMember("1")) == .gone)
        let again = try await lookup("a", in: live)
        #expect(try await live.enter(again, FakeMember("2")) == .entered(again.session))
    }

    @Test func aChangeThatIsToldOfWhileLookingAgainWins() async throws {
        let live = live()
        let a = try await lookup("a", in: live)
        store.insert("a", "alicia")
        await live.recheck(a.session.fingerprint)
        store.refreshes.close()
        let member = FakeMember("1")
        async let admission = live.enter(a, member)
        await store.refreshes.holds()
        // The answer that is held has "alicia".
        store.insert("a", "alina")
        async let told: Void = live.recheck(a.session.fingerprint)
        store.refreshes.open()
        _ = try await admission
        await told
        #expect(member.told.last == "alina")
    }

    @Test func anOlderLookupBesideANewerConnectionIsLookedUpAgain() async throws {
        let live = live()
        let old = try await lookup("a", in: live)
        store.insert("a", "alicia")
        // Nothing was said of the change: another lookup has seen it.
        let new = try #require(try await live.lookup(key: "a"))
        let (one, two) = (FakeMember("1"), FakeMember("2"))
        #expect(try await live.enter(new, one) == .entered(new.session))
        #expect(try await live.enter(old, two) == .entered(new.session))
        #expect(one.told.isEmpty)
        // And the other way round: the connection that is there is told.
        store.insert("a", "alina")
        let newest = try #require(try await live.lookup(key: "a"))
        #expect(try await live.enter(newest, FakeMember("3")) == .entered(newest.session))
        #expect(one.told == ["alina"])
    }

    @Test func aLookupThatCannotBeRepeatedDoesNotCount() async throws {
        var limits = RoomLimits.test
        limits.connectionsPerSessionMax = 1
        let live = live(limits)
        let a = try await lookup("a", in: live)
        await live.recheck(a.session.fingerprint)
        store.isAway(true)
        await #expect(throws: StoreError.self) { try await live.enter(a, FakeMember("1")) }
        store.isAway(false)
        #expect(try await live.enter(a, FakeMember("2")) == .entered(a.session))
    }

    @Test func noOlderAnswerOvertakesANewerOne() async throws {
        let live = live()
        let a = try await lookup("a", in: live)
        let member = FakeMember("1")
        _ = try await live.enter(a, member)
        store.insert("a", "alicia")
        store.refreshes.close()
        async let first: Void = live.recheck(a.session.fingerprint)
        await store.refreshes.holds()
        store.insert("a", "alina")
        async let second: Void = live.recheck(a.session.fingerprint)
        async let third: Void = live.recheck()
        store.refreshes.open()
        _ = await (first, second, third)
        #expect(member.told == ["alicia", "alina"])
    }

    @Test func anAnswerFromBeforeALoginIsNotForIt() async throws {
        let live = live()
        let old = try await lookup("a", in: live)
        let first = FakeMember("1")
        _ = try await live.enter(old, first)
        store.refreshes.close()
        async let check: Void = live.recheck(old.session.fingerprint)
        await store.refreshes.holds()
        // The answer that is held has "alice". The only connection leaves, the session changes, and somebody logs in.
        live.leave(old.session, first)
        store.insert("a", "alicia")
        let new = try #require(try await live.lookup(key: "a"))
        let second = FakeMember("2")
        #expect(try await live.enter(new, second) == .entered(new.session))
        store.refreshes.open()
        await check
        #expect(second.told.isEmpty)
        // The next check is for it.
        store.insert("a", "alina")
        await live.recheck(old.session.fingerprint)
        #expect(second.told == ["alina"])
    }

    @Test func moreChangesThanAreToldApartCountAsChangesOfAll() async throws {
        var limits = RoomLimits.test
        limits.sessionChangesMax = 2
        let metrics = TestMetrics()
        let live = live(limits, RoomMetrics(factory: metrics))
        let a = try await lookup("a", in: live)
        for other in ["x", "y"] { await live.recheck(other) }
        #expect(try await live.enter(a, FakeMember("1")) == .entered(a.session))
        #expect(store.takeRefreshed().isEmpty)
        await live.recheck("z")
        store.insert("a", "alicia")
        #expect(try await live.enter(a, FakeMember("2")) == .entered(try await stored("a")))
        #expect(try metrics.expectCounter("roomcast_session_changes_forgotten_total").totalValue == 1)
        #expect(try metrics.expectCounter("roomcast_sessions_looked_up_again_total").totalValue == 1)
    }

    @Test func looksAtEachSessionOnceInTenSweepsAndAtExpiringOnesInEach() async throws {
        let live = live()
        let now = Timestamp(microseconds: 1_000_000_000)
        for number in 0..<200 {
            // Every tenth is about to expire, every other one later.
            let expiry = number % 10 == 0 ? 30_000_000 : 600_000_000
            store.insert(
                "\(number)", "alice", expiresAt: Timestamp(microseconds: now.microseconds + Int64(expiry)))
            let lookup = try #require(try await live.lookup(key: "\(number)"))
            _ = try await live.enter(lookup, FakeMember("\(number)"))
        }
        var asked: [String: Int] = [:]
        for _ in 0..<10 {
            await live.sweep(now: now)
            for key in store.takeRefreshed() { asked[key, default: 0] += 1 }
        }
        #expect((0..<200).allSatisfy { asked["fingerprint of \($0)"] == ($0 % 10 == 0 ? 10 : 1) })
    }

    @Test func endsASessionThatExpired() async throws {
        let live = live()
        store.insert("a", "alice", expiresAt: Timestamp(microseconds: 5))
        let member = FakeMember("1")
        _ = try await live.enter(try #require(try await live.lookup(key: "a")), member)
        store.delete("a")
        await live.sweep(now: Timestamp(microseconds: 6))
        #expect(member.told == ["revoked"])
    }

    @Test(arguments: [Int64.min, 0, .max]) func endsNobodyBecauseThisMachinesClockJumps(microseconds: Int64)
        async throws
    {
        let live = live()
        store.insert("a", "alice", expiresAt: Timestamp(microseconds: 1_000_000_000_000))
        let member = FakeMember("1")
        _ = try await live.enter(try #require(try await live.lookup(key: "a")), member)
        for _ in 0..<10 { await live.sweep(now: Timestamp(microseconds: microseconds)) }
        #expect(member.told.isEmpty)
    }
}
