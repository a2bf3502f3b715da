internal import Logging
package import Rooms

/// The rooms of a process with a store in memory, without a network.
package final class FakeChat: Sendable {
    /// The store, in place of the database.
    package let store: FakeStore
    /// The node.
    package let node: Node
    /// The rooms.
    package var directory: RoomDirectory { node.directory }
    /// The messages that wait to be stored and broadcast.
    package var queue: MessageQueue { node.queue }
    /// The outlet of all members.
    package let outlet = FakeOutlet()

    /// Creates a node that does not run yet.
    package init(store: FakeStore = FakeStore(), sessions: FakeSessions = FakeSessions(), limits: RoomLimits = .test) {
        self.store = store
        node = Node(
            store: store, sessions: sessions, outlets: [outlet], limits: limits,
            metrics: RoomMetrics(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Runs the node during `test`; returns when everything sent is stored and broadcast.
    package static func run(
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
    package func member(
        _ user: String, room: Int32 = 0, _ request: JoinRequest = .history(nil)
    ) async throws -> FakeMember {
        let member = FakeMember(user, outlet: outlet)
        try await member.join(RoomID(room), request, in: directory)
        return member
    }
}

extension RoomLimits {
    /// The default limits, but without the regular check for lost hints, and independent of the machine's speed.
    package static var test: RoomLimits {
        var limits = RoomLimits()
        limits.lookInterval = .seconds(3600)
        // A slow machine must not cause smaller batches.
        limits.batchTarget = .seconds(3600)
        limits.inboxTarget = .seconds(3600)
        return limits
    }
}
