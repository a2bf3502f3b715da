internal import NIOCore
package import NIOPosix
package import Rooms

/// The event loops of a server, each with the outlet to its connections.
package final class Loops: Sendable {
    /// The threads that own the sockets.
    package let group: MultiThreadedEventLoopGroup
    let loopOutlets: [LoopOutlet]
    /// Their metrics.
    package let metrics: NetMetrics

    /// Starts the threads.
    ///
    /// - Parameter count: threads, at least 1.
    package init(count: Int, limits: NetLimits, metrics: NetMetrics) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        self.group = group
        self.metrics = metrics
        self.loopOutlets = (0..<count).map { _ in LoopOutlet(loop: group.next(), limits: limits, metrics: metrics) }
    }

    /// The outlets through which rooms use the loops.
    package var outlets: [any Outlet] { loopOutlets }

    func outlet(of channel: any Channel) -> LoopOutlet? {
        loopOutlets.first { $0.loop === channel.eventLoop }
    }
}
