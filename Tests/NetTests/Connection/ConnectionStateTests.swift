internal import NIOCore
internal import Rooms
internal import TestKit
internal import Testing

@testable internal import Net

@Suite struct ConnectionStateTests {
    private let stop = DrainReason.stop(connections: 1)
    private let restart = DrainReason.restart(connections: 1, loginGrace: .seconds(1))

    private func session(
        room: Int32 = 1, name: String = "Alice", userID: String? = nil, role: Session.Role = .member,
        isExpired: Bool = false
    ) -> Session {
        Session(
            fingerprint: "f", userName: name, identity: userID.map { .userID($0) } ?? .name("Alice"),
            room: RoomID(room), role: role, isExpired: isExpired)
    }

    private func loggingIn(events: EventKinds = []) -> ConnectionState {
        var state = ConnectionState()
        state.upgraded(UpgradeRequest(sessionKey: "k", join: .history(0), events: events))
        return state
    }

    /// A state with a room, which needs no network.
    private func withOpen(
        events: EventKinds = [], _ test: (ConnectionState) throws -> Void
    ) async throws {
        try await FakeChat.run { chat in
            let member = FakeMember("Alice", outlet: chat.outlet)
            let (room, _) = try await chat.directory.join(member, room: RoomID(1), .history(0))
            var state = loggingIn(events: events)
            state.admitted(session())
            let welcomed = state.joined(room)
            #expect(welcomed == session())
            try test(state)
            await room.leave(member)
        }
    }

    @Test func sendsNothingBeforeTheUpgradeAndOnlyACloseFrameBeforeTheWelcome() async throws {
        let state = ConnectionState()
        #expect(state.isUpgrading && !state.isOpen && !state.isWelcomed && state.loginRequest == nil)
        let upgraded = loggingIn()
        #expect(!upgraded.isUpgrading && upgraded.isOpen && upgraded.takesInput && !upgraded.isWelcomed)
        #expect(upgraded.loginRequest?.sessionKey == "k" && upgraded.sender == nil)
        try await withOpen { state in
            #expect(state.isOpen && state.takesInput && state.isWelcomed && state.loginRequest == nil)
            #expect(state.sender == session() && state.room?.id == RoomID(1) && state.mayPost)
        }
    }

    @Test func anotherPersonOrAnExpiredSessionCloses() async throws {
        try await withOpen(events: .session) { state in
            var (state, expired) = (state, state)
            #expect(state.sessionChanged(to: session(name: "Ann")) == .tell)
            #expect(state.sessionChanged(to: session(userID: "7")) == .close(.restart, reason: "retry_ms=0"))
            #expect(
                expired.sessionChanged(to: session(isExpired: true))
                    == .close(.sessionInvalid, reason: "the session has expired"))
        }
        var loggingIn = loggingIn()
        #expect(
            loggingIn.sessionChanged(to: session(isExpired: true))
                == .close(.sessionInvalid, reason: ConnectionState.invalidKey))
    }

    @Test func aLaterSessionIsKeptAndDecidesTheRoom() async throws {
        try await FakeChat.run { chat in
            let member = FakeMember("Alice", outlet: chat.outlet)
            let (room, _) = try await chat.directory.join(member, room: RoomID(1), .history(0))
            var state = loggingIn()
            let change = state.sessionChanged(to: session(room: 2))
            state.admitted(session(room: 1))
            let moved = state.joined(room)
            #expect(change == .none && moved == nil && state.loginSession == session(room: 2))
            let back = state.sessionChanged(to: session(room: 1, name: "Alicia"))
            let welcomed = state.joined(room)
            #expect(back == .none && welcomed == session(room: 1, name: "Alicia"))
            await room.leave(member)
        }
    }

    @Test func aLoginEndsWithItsConnection() async throws {
        try await FakeChat.run { chat in
            let member = FakeMember("Alice", outlet: chat.outlet)
            let (room, _) = try await chat.directory.join(member, room: RoomID(1), .history(0))
            var state = loggingIn()
            state.admitted(session())
            _ = state.closing(.handled)
            let welcomed = state.joined(room)
            #expect(welcomed == nil && state.loginSession == nil && state.membership == nil)
            await room.leave(member)
        }
    }

    @Test func aSessionThatIsGoneClosesTheConnection() async throws {
        var state = loggingIn()
        let unknown = state.sessionChanged(to: nil)
        #expect(unknown == .close(.sessionInvalid, reason: ConnectionState.invalidKey))
        try await withOpen { state in
            var state = state
            let revoked = state.sessionChanged(to: nil)
            #expect(revoked == .close(.sessionRevoked, reason: "the session was revoked"))
            let moved = state.sessionChanged(to: session(room: 2))
            #expect(moved == .close(.restart, reason: "retry_ms=0"))
            _ = state.drain(stop)
            let late = state.sessionChanged(to: nil)
            #expect(late == .close(.sessionRevoked, reason: "the session was revoked"))
        }
    }

    @Test func tellsAChangeToThoseWhoHaveAsked() async throws {
        try await withOpen(events: .session) { state in
            var state = state
            let changes = [session(), session(role: .reader), session(name: "Alicia", role: .reader)].map {
                state.sessionChanged(to: $0)
            }
            #expect(changes == [.none, .tell, .tell])
            #expect(state.sender == session(name: "Alicia", role: .reader))
        }
        try await withOpen { state in
            var state = state
            let change = state.sessionChanged(to: session(role: .reader))
            #expect(change == .none && state.sender?.role == .reader)
        }
    }

    @Test func givesTicketsBackOfTheQueueInWhichItWaits() async throws {
        var state = loggingIn()
        state.waits(with: 7)
        let login = state.closing(.handled)
        #expect(login == .login(7))
        try await withOpen { open in
            var state = open
            state.waits(with: 8)
            let drain = state.drain(stop)
            #expect(drain == .endInput(.history(8)))
            let none = state.closing(.handled)
            #expect(none == nil)
            var gone = open
            gone.waits(with: 9)
            let history = gone.closed()
            #expect(history == .history(9))
            var served = open
            served.waits(with: 10)
            served.waits(with: nil)
            let nothing = served.closed()
            #expect(nothing == nil)
        }
    }

    @Test func drainsOnceAndLetsALoginFinish() async throws {
        var accepted = ConnectionState()
        let waits = [accepted.drain(restart), accepted.drain(restart.withoutGrace)]
        #expect(waits == [.wait, .disconnect])
        var state = loggingIn()
        let logins = [state.drain(restart), state.drain(stop)]
        #expect(logins == [.wait, .close])
        try await withOpen { state in
            var state = state
            let drains = [state.drain(restart), state.drain(stop)]
            #expect(drains == [.endInput(nil), .none])
            #expect(state.drainReason == restart && state.isWelcomed && !state.takesInput && state.isReading)
            #expect(state.sender == session() && state.mayPost)
            _ = state.closing(.handled)
            #expect(state.drainReason == nil)
        }
    }

    @Test func whatWasSentBeforeTheCloseIsHandledUnlessTheClientFloodedOrItsSessionEnded() async throws {
        try await withOpen { open in
            for isClosed in [false, true] {
                var state = open
                _ = state.closing(.handled)
                if isClosed { _ = state.closed() }
                #expect(state.sender == session() && state.mayPost && !state.isOpen && state.room == nil)
                #expect(state.isReading == !isClosed && state.isClosed == isClosed)
                #expect(state.membership?.session == session())
                let change = state.sessionChanged(to: nil)
                #expect(change == .none && state.sender == nil && !state.mayPost)

                state = open
                _ = state.closing(.ignored)
                if isClosed { _ = state.closed() }
                // Those that were parsed before are posted.
                #expect(state.sender == nil && state.mayPost && !state.isReading)

                state = open
                _ = state.closing(.discarded)
                if isClosed { _ = state.closed() }
                #expect(state.sender == nil && !state.mayPost)
                #expect(state.membership?.session == session())
            }
        }
    }

    @Test func closesOnce() async throws {
        try await withOpen { state in
            var state = state
            _ = state.closing(.discarded)
            _ = state.closing(.handled)
            #expect(!state.mayPost)
        }
    }
}
