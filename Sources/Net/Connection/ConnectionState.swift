package import Rooms

/// The life of a client's connection, from the accepted socket until the socket is closed: a value. `Connection`
/// reports events, and performs what they return.
///
/// The usual way is: upgrading, logging in, open, draining if the server stops, closing, closed. Closing can follow
/// every state in which the WebSocket is open, and closed can follow every state.
package struct ConnectionState {
    /// What becomes of the messages that arrived before the close frame and are not handled yet.
    package enum Backlog: Equatable {
        /// They are handled.
        case handled
        /// They are not parsed, and nothing more is read from the socket: the client has flooded.
        case ignored
        /// Nothing more is posted: the session has ended or is in another room.
        case discarded
    }

    /// A ticket of a queue in which the client waits.
    package enum Ticket: Equatable {
        case login(UInt64)
        case history(UInt64)
    }

    /// What to do when a session has changed.
    package enum SessionChange: Equatable {
        case none
        /// Tell the client.
        case tell
        case close(CloseCode, reason: String)
    }

    /// What to do when the server stops.
    package enum Drain: Equatable {
        case none
        /// Ask again after the grace time.
        case wait
        /// Close the socket: there is no WebSocket yet.
        case disconnect
        /// Start the closing handshake.
        case close
        /// End the input: what has arrived is handled before the connection closes.
        case endInput(Ticket?)
    }

    private struct Login {
        let request: UpgradeRequest
        /// nil until the connection is counted in its session.
        var session: Session?
        var ticket: UInt64?
    }

    private enum State {
        case upgrading
        case loggingIn(Login)
        /// The welcome was sent.
        case open(Membership)
        /// Nothing more is read. What has arrived is stored and delivered, then the connection closes.
        case draining(Membership, DrainReason)
        /// The close frame was sent; nothing more is sent, and messages that arrive are discarded.
        case closing(Membership?, Backlog)
        case closed(Membership?, Backlog)
    }

    static let invalidKey = "the session key is unknown or expired"

    private var state = State.upgrading

    /// A connection whose socket was accepted.
    package init() {}

    // MARK: what is allowed

    /// Whether the upgrade is not finished.
    var isUpgrading: Bool { if case .upgrading = state { true } else { false } }

    /// Whether frames can be sent.
    package var isOpen: Bool {
        switch state {
        case .loggingIn, .open, .draining: true
        case .upgrading, .closing, .closed: false
        }
    }

    /// Whether frames can be sent and the welcome was: only a close frame may precede it.
    package var isWelcomed: Bool {
        switch state {
        case .open, .draining: true
        case .upgrading, .loggingIn, .closing, .closed: false
        }
    }

    /// Whether the client is served further: neither does the server stop nor does the connection close.
    package var takesInput: Bool {
        switch state {
        case .loggingIn, .open: true
        case .upgrading, .draining, .closing, .closed: false
        }
    }

    /// Whether the socket is closed.
    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Whether bytes of the client are parsed.
    var isReading: Bool {
        switch state {
        case .closing(_, .ignored), .closed: false
        case .upgrading, .loggingIn, .open, .draining, .closing: true
        }
    }

    /// Whether the client is logging in, and its request; nil if not.
    var loginRequest: UpgradeRequest? { if case .loggingIn(let login) = state { login.request } else { nil } }

    /// The session for which the next message is handled; nil if no more messages are.
    package var sender: Session? {
        switch state {
        case .open(let member), .draining(let member, _): member.session
        case .closing(let member, .handled), .closed(let member, .handled): member?.session
        case .upgrading, .loggingIn, .closing, .closed: nil
        }
    }

    /// Whether messages of the client may be posted; also if it has disconnected meanwhile: it sent them before.
    package var mayPost: Bool {
        switch state {
        case .closing(_, .discarded), .closed(_, .discarded): false
        case .upgrading, .loggingIn, .open, .draining, .closing, .closed: true
        }
    }

    /// The room of a welcomed client that can be sent frames.
    package var room: Room? {
        switch state {
        case .open(let member), .draining(let member, _): member.room
        case .upgrading, .loggingIn, .closing, .closed: nil
        }
    }

    /// The room of a client that was welcomed, also after the connection has closed.
    var joinedRoom: Room? { member?.room }

    /// The room and the session of a client that was welcomed, also after the connection has closed.
    var membership: (room: Room, session: Session)? { member.map { ($0.room, $0.session) } }

    /// Why the connection closes when the messages that have arrived are handled; nil if it is not draining.
    package var drainReason: DrainReason? { if case .draining(_, let reason) = state { reason } else { nil } }

    // MARK: the login

    /// The WebSocket is open.
    package mutating func upgraded(_ request: UpgradeRequest) {
        if case .upgrading = state { state = .loggingIn(Login(request: request)) }
    }

    /// The client is counted in a session. A later version of the session may be known already.
    package mutating func admitted(_ session: Session) {
        guard case .loggingIn(var login) = state, login.session == nil else { return }
        login.session = session
        state = .loggingIn(login)
    }

    /// The session with which the client logs in; nil if the connection is closing.
    package var loginSession: Session? { if case .loggingIn(let login) = state { login.session } else { nil } }

    /// The client has joined a room; returns the session that is welcomed there, or nil if the session is in another
    /// room now or the connection is closing.
    package mutating func joined(_ room: Room) -> Session? {
        guard case .loggingIn(let login) = state, let session = login.session, session.room == room.id else {
            return nil
        }
        state = .open(Membership(session: session, room: room, events: login.request.events))
        return session
    }

    // MARK: waiting

    /// The client waits in the queue of logins, or of history requests once it is welcomed; nil when its turn has come.
    mutating func waits(with ticket: UInt64?) {
        switch state {
        case .loggingIn(var login):
            login.ticket = ticket
            state = .loggingIn(login)
        case .open(var member):
            member.ticket = ticket
            state = .open(member)
        case .upgrading, .draining, .closing, .closed: break
        }
    }

    private var ticket: Ticket? {
        switch state {
        case .loggingIn(let login): login.ticket.map { .login($0) }
        case .open(let member): member.ticket.map { .history($0) }
        case .upgrading, .draining, .closing, .closed: nil
        }
    }

    // MARK: the session

    /// The session has changed, or is gone (nil).
    package mutating func sessionChanged(to session: Session?) -> SessionChange {
        switch state {
        case .loggingIn(var login):
            guard let session, !session.isExpired else { return .close(.sessionInvalid, reason: Self.invalidKey) }
            if let reason = session.removal(since: login.session ?? session) {
                return .close(.sessionRevoked, reason: reason)
            }
            login.session = session
            state = .loggingIn(login)
            return .none
        case .open(var member):
            let change = member.sessionChanged(to: session)
            state = .open(member)
            return change
        case .draining(var member, let reason):
            let change = member.sessionChanged(to: session)
            state = .draining(member, reason)
            return change
        case .closing(var member, .handled):
            if case .close? = member?.sessionChanged(to: session) {
                state = .closing(member, .discarded)
            } else {
                state = .closing(member, .handled)
            }
        case .closed(var member, .handled):
            if case .close? = member?.sessionChanged(to: session) {
                state = .closed(member, .discarded)
            } else {
                state = .closed(member, .handled)
            }
        case .upgrading, .closing, .closed: break
        }
        return .none
    }

    // MARK: the end

    /// The server stops.
    package mutating func drain(_ reason: DrainReason) -> Drain {
        switch state {
        case .upgrading: return reason.hasLoginGrace ? .wait : .disconnect
        case .loggingIn: return reason.hasLoginGrace ? .wait : .close
        case .open(var member):
            let ticket = ticket
            member.ticket = nil
            state = .draining(member, reason)
            return .endInput(ticket)
        case .draining, .closing, .closed: return .none
        }
    }

    /// The close frame was sent; returns the ticket to give back.
    package mutating func closing(_ backlog: Backlog) -> Ticket? {
        guard isOpen else { return nil }
        defer { state = .closing(member, backlog) }
        return ticket
    }

    /// The socket is closed; returns the ticket to give back.
    package mutating func closed() -> Ticket? {
        defer { state = .closed(member, backlog) }
        return ticket
    }

    private var member: Membership? {
        switch state {
        case .open(let member), .draining(let member, _): member
        case .closing(let member, _), .closed(let member, _): member
        case .upgrading, .loggingIn: nil
        }
    }

    private var backlog: Backlog {
        switch state {
        case .closing(_, let backlog), .closed(_, let backlog): backlog
        case .upgrading, .loggingIn, .open, .draining: .handled
        }
    }
}
