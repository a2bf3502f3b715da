package import Rooms
internal import Synchronization

/// A connection without a socket: drives a real `Feed` as the network's connection does.
package actor FakeMember: Member {
    private struct State {
        var feed = Feed()
        var view = LogView.messages
        var isFull = false
        var shown: [EncodedMessage] = []
        var told: [String] = []
        var room: Room?
        var waiting: [(shown: Int, told: Int, CheckedContinuation<Void, Never>)] = []

        mutating func ready() -> [CheckedContinuation<Void, Never>] {
            let (shown, told) = (shown.count, told.count)
            let ready = waiting.filter { $0.shown <= shown && $0.told <= told }.map(\.2)
            waiting.removeAll { $0.shown <= shown && $0.told <= told }
            return ready
        }
    }

    /// The name under which it sends messages.
    package nonisolated let user: String
    private nonisolated let fakeOutlet: FakeOutlet
    private nonisolated let state = Mutex(State())

    /// A member that has not joined a room yet.
    package init(_ user: String, outlet: FakeOutlet = FakeOutlet()) {
        self.user = user
        self.fakeOutlet = outlet
    }

    /// See `Member`.
    package nonisolated var outlet: any Outlet { fakeOutlet }
    /// The numbers of the messages that it received, in order.
    package nonisolated var seqs: [Int64] { state.withLock { $0.shown.map(\.seq) } }
    /// The messages that it received, in order.
    package nonisolated var shown: [EncodedMessage] { state.withLock { $0.shown } }
    /// The objects that were sent to this member only.
    package nonisolated var told: [String] { state.withLock { $0.told } }
    /// Whether it receives broadcasts directly.
    package nonisolated var isLive: Bool { state.withLock { $0.feed.isLive } }

    /// Joins a room and takes the first page as the network does.
    @discardableResult
    package func join(
        _ id: RoomID, _ request: JoinRequest = .history(nil), view: LogView = .messages, in directory: RoomDirectory
    ) async throws(JoinError) -> Joined {
        act { $0.view = view }
        let (room, joined) = try await directory.join(self, room: id, request, view: view)
        let mustFetch = act { state in
            state.room = room
            state.shown += joined.page?.messages ?? []
            return Self.proceed(state.feed.joined(joined, socketIsFull: state.isFull), &state)
        }
        if mustFetch { await fetch() }
        return joined
    }

    /// Leaves its room.
    package func leave() async { await state.withLock { $0.room }?.leave(self) }

    /// Sends messages; false if the room does not take them.
    @discardableResult
    package func say(_ texts: String..., id: String? = nil) async -> Bool {
        let drafts = texts.map { Draft(user: user, text: $0, clientID: id) }
        return state.withLock { $0.room }?.post(drafts, from: self) ?? false
    }

    /// Changes a message; false if the room does not take it.
    @discardableResult
    package func change(
        _ target: Int64, _ action: ChangeDraft.Action, id: String? = nil, isModerator: Bool = false
    ) async -> Bool {
        let draft = ChangeDraft(
            target: target, action: action, user: user, identity: .name(user), isModerator: isModerator,
            editWindowSeconds: nil, clientID: id)
        return state.withLock { $0.room }?.change(draft, by: self) ?? false
    }

    /// Sets whether its socket's queue is full.
    package func socket(isFull: Bool) async {
        let mustFetch = act { state in
            state.isFull = isFull
            return isFull ? false : Self.proceed(state.feed.drained(), &state)
        }
        if mustFetch { await fetch() }
    }

    /// Returns when it has received `count` messages.
    package func sees(_ count: Int) async { await wait(shown: count, told: 0) }
    /// Returns when `count` objects were sent to this member only.
    package func hears(_ count: Int) async { await wait(shown: 0, told: count) }

    /// See `Member`.
    package nonisolated func deliver(_ broadcast: Broadcast) {
        let mustFetch = act { state in
            let broadcast = broadcast.seen(in: state.view)
            switch state.feed.offered(broadcast, socketIsFull: state.isFull) {
            case .ignore, .demote: break
            case .writeAll: state.shown += broadcast.messages
            case .write(let messages): state.shown += messages
            case .fetch: return true
            }
            return false
        }
        if mustFetch { Task { await self.fetch() } }
    }

    /// See `Member`.
    package nonisolated func send(_ json: [UInt8]) {
        act { $0.told.append(String(decoding: json, as: UTF8.self)) }
    }

    /// See `Member`; nil is recorded as `revoked`.
    package nonisolated func sessionChanged(to session: Session?) {
        act { $0.told.append(session?.userName ?? "revoked") }
    }

    /// See `Member`.
    package nonisolated func sendAgain(_ message: EncodedMessage) {
        act { state in
            if state.feed.hasPassed(message) || !message.isVisible(in: state.view) {
                state.told.append(String(decoding: message.json, as: UTF8.self))
            }
        }
    }

    /// See `Member`.
    package nonisolated func acknowledge(_ change: EncodedMessage) {
        act { state in
            if !change.isVisible(in: state.view) { state.told.append(String(decoding: change.json, as: UTF8.self)) }
        }
    }

    /// See `Member`.
    package nonisolated func startOver() { act { $0.told.append("start over") } }

    private func fetch() async {
        var mustFetch = true
        while mustFetch {
            let (room, cursor, view) = state.withLock { ($0.room, $0.feed.cursor, $0.view) }
            guard let room else { return }
            do {
                let page = try await room.page(after: cursor, view: view)
                mustFetch = act { Self.proceed($0.feed.fetched(page), &$0) }
            } catch {
                mustFetch = act { Self.proceed($0.feed.fetchFailed(error), &$0) }
            }
        }
    }

    /// Performs what the feed has decided; true if a page must be fetched.
    private static func proceed(_ next: Feed.Next, _ state: inout State) -> Bool {
        switch next {
        case .rest: break
        case .fetch: return true
        case .write(let messages):
            state.shown += messages
            return proceed(state.feed.wrote(socketIsFull: state.isFull), &state)
        case .close:
            state.feed.left()
            state.told.append("closed")
        }
        return false
    }

    private func wait(shown: Int, told: Int) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            act { $0.waiting.append((shown, told, continuation)) }
        }
    }

    @discardableResult
    private nonisolated func act<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, ready) = state.withLock { state in
            let value = body(&state)
            return (value, state.ready())
        }
        for waiting in ready { waiting.resume() }
        return value
    }
}
