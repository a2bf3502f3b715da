internal import CoreMetrics
internal import Glibc
internal import NIOCore

/// Accepts sockets only within the budget, and pauses when the system has no descriptor left.
///
/// Without the pause NIO would retry at once, repeatedly: connections in the kernel's queue keep the listener readable.
final class AcceptLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let budget: SocketBudget
    private let limits: NetLimits
    private let metrics: NetMetrics
    private var isPaused = false

    init(budget: SocketBudget, limits: NetLimits, metrics: NetMetrics) {
        self.budget = budget
        self.limits = limits
        self.metrics = metrics
    }

    func read(context: ChannelHandlerContext) {
        guard !isPaused else { return }
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        let room = budget.room { loop.execute { bound.value.0.resume(bound.value.1) } }
        guard room > 0 else {
            isPaused = true
            metrics.acceptPauses.increment()
            return
        }
        // One turn must not accept more than that either; setting the option fails only on a closed listener.
        try? context.channel.syncOptions?.setOption(
            .maxMessagesPerRead, value: UInt(min(room, limits.acceptsPerTurnMax)))
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        budget.count(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Other errors are those of accepted sockets; each closes its own socket.
        if let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode), !isPaused {
            isPaused = true
            budget.failed(error.description)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: limits.acceptRetryInterval) { bound.value.0.resume(bound.value.1) }
        }
        context.fireErrorCaught(error)
    }

    private func resume(_ context: ChannelHandlerContext) {
        isPaused = false
        // A listener that is being closed accepts no more.
        guard (try? context.channel.syncOptions?.getOption(.autoRead)) == true else { return }
        read(context: context)
    }
}
