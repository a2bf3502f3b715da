internal import NIOCore
public import NIOPosix

/// The event loops of a server, each with its outlet to the connections it carries.
public final class Loops: Sendable {
    /// The threads that own the sockets.
    public let group: MultiThreadedEventLoopGroup
    let outlets: [LoopOutlet]
    /// What they count.
    public let metrics: NetMetrics

    /// Starts the threads.
    ///
    /// - Parameter count: threads, at least 1.
    public init(count: Int, limits: NetLimits, metrics: NetMetrics) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        self.group = group
        self.metrics = metrics
        self.outlets = (0..<count).map { _ in LoopOutlet(loop: group.next(), limits: limits, metrics: metrics) }
    }

    /// The loops as executors, for the rooms.
    public var executors: [any SerialExecutor] { outlets.map { $0.loop.executor } }

    /// Returns when everything delivered before has reached the sockets' queues on every loop.
    public func settle() async {
        for outlet in outlets { await outlet.settle() }
    }

    func outlet(of channel: any Channel) -> LoopOutlet? {
        outlets.first { $0.loop === channel.eventLoop }
    }
}
