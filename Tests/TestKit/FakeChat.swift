internal import Logging
internal import NIOCore
internal import NIOPosix
public import Rooms

/// The rooms of a process on a store in memory, without a network.
public final class FakeChat: Sendable {
    /// What the database would hold.
    public let store: FakeStore
    /// The rooms.
    public let directory: RoomDirectory
    /// The way of messages into the store.
    public let log: MessageLog
    /// The loop that all members share.
    public let outlet = FakeOutlet()

    /// Rooms whose log is not running yet.
    public init(store: FakeStore = FakeStore(), limits: RoomLimits = RoomLimits()) {
        self.store = store
        let metrics = RoomMetrics()
        log = MessageLog(
            store: store, limits: limits, metrics: metrics,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), settle: {})
        directory = RoomDirectory(
            executors: [MultiThreadedEventLoopGroup.singleton.next().executor], store: store, log: log,
            limits: limits, metrics: metrics)
    }

    /// Lets the rooms live while the test speaks; returns when all that was said is stored and shown.
    public static func run(
        store: FakeStore = FakeStore(), limits: RoomLimits = RoomLimits(),
        _ test: (FakeChat) async throws -> Void
    ) async rethrows {
        let chat = FakeChat(store: store, limits: limits)
        let running = Task { await chat.log.run(showing: chat.directory) }
        do {
            try await test(chat)
        } catch {
            running.cancel()
            throw error
        }
        chat.log.close()
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
