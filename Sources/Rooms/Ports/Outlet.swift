/// One event loop, with its rooms and the members whose sockets it owns. The network implements it.
public protocol Outlet: AnyObject, Sendable {
    /// The event loop as an executor, for the rooms that live on it.
    var executor: any SerialExecutor { get }

    /// Runs a turn on the loop, later. Turns of one caller run in the order of the calls. Does not wait. From any
    /// isolation.
    func execute(_ turn: @escaping @Sendable () -> Void)

    /// Passes each broadcast to its members, on the loop: immediately if the caller is on it, else with one hop for
    /// all. Keeps the order of calls from one isolation. Does not wait.
    func deliver(_ deliveries: [Delivery])

    /// Returns when everything delivered before has been written or queued: the backpressure of the loop.
    func settle() async
}

/// A broadcast, and the members of its room on one event loop.
public struct Delivery: Sendable {
    /// The broadcast that the members are offered.
    public let broadcast: Broadcast
    /// The members, all on the same loop.
    public let members: [any Member]

    /// A broadcast for the members of one loop.
    public init(broadcast: Broadcast, members: [any Member]) {
        self.broadcast = broadcast
        self.members = members
    }
}
