internal import Logging
public import Rooms

/// The rooms of a process on a store in memory, without a network.
public final class FakeChat: Sendable {
    /// What the database would hold.
    public let store: FakeStore
    /// The process.
    public let node: Node
    /// The rooms.
    public var directory: RoomDirectory { node.directory }
    /// The messages on their way into the store.
    public var queue: MessageQueue { node.queue }
    /// The loop that all members share.
    public let outlet = FakeOutlet()

    /// Rooms whose log is not running yet.
    public init(store: FakeStore = FakeStore(), sessions: FakeSessions = FakeSessions(), limits: RoomLimits = .test) {
        self.store = store
        node = Node(
            store: store, sessions: sessions, outlets: [outlet], limits: limits,
            metrics: RoomMetrics(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Lets the rooms live while the test speaks; returns when all that was said is stored and shown.
    public static func run(
        store: FakeStore = FakeStore(), limits: RoomLimits = .test,
        _ test: (FakeChat) async throws -> Void
    ) async rethrows {
        let chat = FakeChat(store: store, limits: limits)
        let running = Task { await chat.node.run() }
        do {
            try await test(chat)
        } catch {
            running.cancel()
            throw error
        }
        chat.queue.close()
        await running.value
    }

    /// A member in a room.
    public func member(
        _ user: String, room: Int32 = 0, _ request: JoinRequest = .history(nil)
    ) async throws -> FakeMember {
        let member = FakeMember(user, outlet: outlet)
        try await member.join(RoomID(room), request, in: directory)
        return member
    }
}

extension RoomLimits {
    /// The default limits without the look for what no hint told of, and on a machine of any speed.
    public static var test: RoomLimits {
        var limits = RoomLimits()
        limits.lookInterval = .seconds(3600)
        // A busy machine is no reason for smaller batches.
        limits.batchTarget = .seconds(3600)
        limits.inboxTarget = .seconds(3600)
        return limits
    }
}
