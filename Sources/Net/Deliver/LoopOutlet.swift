internal import CoreMetrics
internal import NIOCore
internal import Rooms

/// All connections of one event loop: one hop delivers a broadcast to them, one timer checks their deadlines.
actor LoopOutlet: Outlet {
    nonisolated let loop: any EventLoop
    nonisolated let taskExecutor: LoopTaskExecutor
    nonisolated let limits: NetLimits
    nonisolated let metrics: NetMetrics
    nonisolated let receiveBuffer = ReceiveBuffer(bytes: NetLimits.readBytesMax)
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// The connections whose sockets were read and whose messages wait to be handled: all sockets of the loop.
    private nonisolated let reads: AsyncStream<Connection>
    private nonisolated let readsInput: AsyncStream<Connection>.Continuation
    private nonisolated let fetches: AsyncStream<Connection>
    private nonisolated let fetchesInput: AsyncStream<Connection>.Continuation
    /// The steps of connections that are not begun yet.
    private var steps: [ConnectionStep] = []
    private nonisolated let hasSteps = Signal()
    private var connections: [Connection] = []
    let deflation: MessageDeflation
    private var deliveries: DeliveryQueue
    /// Whether the next slice of `deliveries` is scheduled already.
    private var isDelivering = false
    private var settling: [CheckedContinuation<Void, Never>] = []
    private var framed = BroadcastCache<ByteBuffer>()
    private var deflated = BroadcastCache<[Compression.ServerClass: ByteBuffer]>()

    init(loop: any EventLoop, limits: NetLimits, metrics: NetMetrics) {
        self.loop = loop
        self.taskExecutor = LoopTaskExecutor(loop)
        self.limits = limits
        self.metrics = metrics
        self.deliveries = DeliveryQueue(mergedBytesMax: limits.mergedBroadcastBytesMax)
        self.deflation = MessageDeflation(limits: limits, metrics: metrics)
        let connectionsMax = limits.connectionsMax ?? 1 << 20
        // A connection is in the stream once. Twice the bound, because closed connections may still be in it.
        (reads, readsInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(2 * connectionsMax))
        // At most one request is in progress for each connection; see `yield` for what happens beyond that.
        (fetches, fetchesInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(connectionsMax))
    }

    nonisolated var executor: any SerialExecutor { loop.executor }

    nonisolated func execute(_ turn: @escaping @Sendable () -> Void) { loop.execute(turn) }

    nonisolated func deliver(_ deliveries: [Delivery]) {
        if loop.inEventLoop {
            assumeIsolated { $0.take(deliveries) }
        } else {
            loop.execute { self.assumeIsolated { $0.take(deliveries) } }
        }
    }

    private func take(_ new: [Delivery]) {
        for delivery in new {
            let isWithinLimit = deliveries.append(delivery)
            if !isWithinLimit { metrics.mergesRefused.increment() }
        }
        guard !isDelivering else { return }
        deliverSlice()
        if isDelivering { metrics.deliveriesDeferred.increment() }
    }

    /// Offers broadcasts to a bounded number of members; the rest follows after the sockets have been read.
    private func deliverSlice() {
        var left = limits.membersPerTurnMax
        while left > 0, let slice = deliveries.next(membersMax: left) {
            // A slice without members also has a small cost.
            left -= max(1, slice.members.count)
            for member in slice.members { member.deliver(slice.broadcast) }
            metrics.deliveries.increment(by: slice.members.count * slice.broadcast.messages.count)
            if slice.isLast, let receivedAt = slice.broadcast.receivedAt {
                metrics.deliverySeconds.recordNanoseconds((ContinuousClock.now - receivedAt).nanoseconds)
            }
        }
        isDelivering = !deliveries.isEmpty
        if isDelivering {
            // NIO reads no socket before all tasks have run, including new ones; a timer lets it read.
            loop.scheduleTask(in: NetLimits.deliveryPause) { self.assumeIsolated { $0.deliverSlice() } }
        } else {
            framed.removeAll()
            deflated.removeAll()
            let settled = settling
            settling = []
            for waiting in settled { waiting.resume() }
        }
    }

    func settle() async {
        await withCheckedContinuation { waiting in
            if isDelivering { settling.append(waiting) } else { waiting.resume() }
        }
    }

    /// The frames of a broadcast, encoded once per loop; further calls for the same broadcast share the buffer.
    func frames(of broadcast: Broadcast) -> ByteBuffer {
        if let buffer = framed[broadcast] { return buffer }
        let buffer = FrameWriter.messages(broadcast.messages[...], allocator: ByteBufferAllocator())
        framed[broadcast] = buffer
        return buffer
    }

    /// The same for receivers of compressed messages: encoded once per loop and class.
    func frames(of broadcast: Broadcast, for serverClass: Compression.ServerClass) -> ByteBuffer {
        var buffers = deflated[broadcast] ?? [:]
        if let buffer = buffers[serverClass] { return buffer }
        let buffer = deflation.messages(broadcast.messages[...], for: serverClass)
        buffers[serverClass] = buffer
        deflated[broadcast] = buffers
        return buffer
    }

    /// Handles what the sockets have read, until cancelled. Needs the loop as the task's executor: `AsyncStream.next` is
    /// nonisolated.
    nonisolated func handleReads() async {
        for await connection in reads { connection.handleRead() }
    }

    /// Lets a connection handle its messages when all sockets that are ready have been read. On the loop.
    nonisolated func hasRead(_ connection: Connection) { yield(connection, to: readsInput) }

    /// Runs the steps of the connections, each in a task of its own, until cancelled.
    func runSteps() async {
        await withDiscardingTaskGroup { group in
            while await hasSteps.wait() {
                // An immediate task runs here until it has to wait.
                for step in exchange(&steps, with: []) { group.addImmediateTask { await step.take(on: self) } }
            }
        }
    }

    /// Starts a step of a connection. On the loop.
    nonisolated func start(_ step: ConnectionStep) {
        assumeIsolated { $0.steps.append(step) }
        hasSteps.set()
    }

    /// Fetches pages for members that are behind, a bounded number at a time, in the order of their requests.
    nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<limits.pagesInFlightMax {
                group.addTask {
                    for await connection in self.fetches { await connection.fetchPage() }
                }
            }
            group.addTask { await self.sweepRegularly() }
        }
    }

    /// Lets a connection fetch its next page in its turn. On the loop.
    nonisolated func requestFetch(for connection: Connection) { yield(connection, to: fetchesInput) }

    private nonisolated func yield(_ connection: Connection, to stream: AsyncStream<Connection>.Continuation) {
        guard case .dropped = stream.yield(connection) else { return }
        // It is full of connections that have closed and wait for their turn. A client must not wait for ever.
        connection.assumeIsolated { $0.close(.tryLater, reason: "overloaded") }
    }

    /// Adds a connection to the sweep until `remove`.
    func insert(_ connection: Connection) {
        let index = connections.count
        connection.assumeIsolated { $0.sweepIndex = index }
        connections.append(connection)
    }

    func remove(_ connection: Connection) {
        let index = connection.assumeIsolated { $0.sweepIndex }
        guard index < connections.count, connections[index] === connection else { return }
        connections.swapAt(index, connections.count - 1)
        connections[index].assumeIsolated { $0.sweepIndex = index }
        connections.removeLast()
    }

    /// Closes every connection, each at a random time within `spread`, so that clients do not all reconnect at once.
    func drain(over spread: TimeAmount, for reason: DrainReason) {
        for connection in connections {
            let delay = TimeAmount.nanoseconds(.random(in: 0...max(0, spread.nanoseconds)))
            loop.scheduleTask(in: delay) { connection.assumeIsolated { $0.drain(reason) } }
        }
    }

    private func sweepRegularly() async {
        // Cancellation ends the sleep, and so this loop.
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            sweep(now: .now())
        }
        fetchesInput.finish()
    }

    private func sweep(now: NIODeadline) {
        for connection in connections { connection.assumeIsolated { $0.sweep(now: now) } }
    }
}
