package import Rooms
internal import Synchronization

/// A connection without a socket: drives a real `Feed` as the network's connection does.
package actor FakeMember: Member {
    private struct State {
        var feed = Feed()
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
        _ id: RoomID, _ request: JoinRequest = .history(nil), in directory: RoomDirectory
    ) async throws(JoinError) -> Joined {
        let (room, joined) = try await directory.join(self, room: id, request)
        let next: Feed.Next = act { state in
            state.room = room
            state.shown += joined.page?.messages ?? []
            return state.feed.joined(joined, socketIsFull: state.isFull)
        }
        if next == .fetch { await fetch() }
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

    /// Sets whether its socket's queue is full.
    package func socket(isFull: Bool) async {
        let next: Feed.Next = act { state in
            state.isFull = isFull
            return isFull ? .rest : state.feed.drained()
        }
        if next == .fetch { await fetch() }
    }

    /// Returns when it has received `count` messages.
    package func sees(_ count: Int) async { await wait(shown: count, told: 0) }
    /// Returns when `count` objects were sent to this member only.
    package func hears(_ count: Int) async { await wait(shown: 0, told: count) }

    /// See `Member`.
    package nonisolated func deliver(_ broadcast: Broadcast) {
        let next: Feed.Next = act { state in
            switch state.feed.offered(after: broadcast.after, last: broadcast.last, socketIsFull: state.isFull) {
            case .write(let after): state.shown += broadcast.messages.filter { $0.seq > after }
            case .fetch: return .fetch
            case .ignore: break
            }
            return .rest
        }
        if next == .fetch { Task { await self.fetch() } }
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
            if message.seq <= state.feed.cursor { state.told.append(String(decoding: message.json, as: UTF8.self)) }
        }
    }

    /// See `Member`.
    package nonisolated func startOver() { act { $0.told.append("start over") } }

    private func fetch() async {
        var next = Feed.Next.fetch
        while next == .fetch {
            let (room, cursor) = state.withLock { ($0.room, $0.feed.cursor) }
            guard let page = try? await room?.page(after: cursor) else { return act { $0.feed.fetchFailed() } }
            next = act { Self.take(page, &$0) }
        }
    }

    private static func take(_ page: Page, _ state: inout State) -> Feed.Next {
        state.shown += page.messages
        return state.feed.received(page, socketIsFull: state.isFull)
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
