internal import CoreMetrics
internal import NIOCore
internal import Rooms

/// All connections of one event loop: one hop brings a broadcast to them, one timer watches over them.
actor LoopOutlet: Outlet {
    nonisolated let loop: any EventLoop
    nonisolated let taskExecutor: LoopTaskExecutor
    nonisolated let limits: NetLimits
    nonisolated let metrics: NetMetrics
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    private nonisolated let fetches: AsyncStream<Connection>
    private nonisolated let fetcher: AsyncStream<Connection>.Continuation
    private var connections: [Connection] = []
    let deflation: MessageDeflation
    private var framed: (broadcast: Broadcast, buffer: ByteBuffer)?
    private var deflated: (broadcast: Broadcast, buffers: [Compression.ServerClass: ByteBuffer])?

    init(loop: any EventLoop, limits: NetLimits, metrics: NetMetrics) {
        self.loop = loop
        self.taskExecutor = LoopTaskExecutor(loop)
        self.limits = limits
        self.metrics = metrics
        self.deflation = MessageDeflation(limits: limits, metrics: metrics)
        // One request at most is under way for each connection, so this bound is never reached.
        (fetches, fetcher) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limits.connectionsMax ?? 1 << 20))
    }

    nonisolated func deliver(_ broadcast: Broadcast, to members: [any Member]) {
        if loop.inEventLoop {
            deliverOnLoop(broadcast, to: members)
        } else {
            loop.execute { self.deliverOnLoop(broadcast, to: members) }
        }
    }

    private nonisolated func deliverOnLoop(_ broadcast: Broadcast, to members: [any Member]) {
        for member in members { member.deliver(broadcast) }
        assumeIsolated { outlet in
            outlet.framed = nil
            outlet.deflated = nil
        }
        metrics.deliveries.increment(by: members.count * broadcast.messages.count)
        if let receivedAt = broadcast.receivedAt {
            metrics.deliverySeconds.recordNanoseconds((ContinuousClock.now - receivedAt).nanoseconds)
        }
    }

    func settle() {}

    /// The frames of a broadcast, made once a loop; the next ones of the same broadcast share the buffer.
    func frames(of broadcast: Broadcast) -> ByteBuffer {
        if let framed, framed.broadcast === broadcast { return framed.buffer }
        let buffer = FrameWriter.messages(broadcast.messages[...], allocator: ByteBufferAllocator())
        framed = (broadcast, buffer)
        return buffer
    }

    /// The same for receivers of compressed messages: made once a loop and class.
    func frames(of broadcast: Broadcast, for serverClass: Compression.ServerClass) -> ByteBuffer {
        var buffers = deflated.flatMap { $0.broadcast === broadcast ? $0.buffers : nil } ?? [:]
        if let buffer = buffers[serverClass] { return buffer }
        let buffer = deflation.messages(broadcast.messages[...], for: serverClass)
        buffers[serverClass] = buffer
        deflated = (broadcast, buffers)
        return buffer
    }

    /// Fetches pages for members that are behind, a bounded number at a time, in the order in which they asked.
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

    nonisolated func requestFetch(for connection: Connection) { fetcher.yield(connection) }

    /// Watches over a connection until `remove`.
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

    /// Closes every connection, each at a random moment within the time, so that clients do not come back all at once.
    func drain(over spread: TimeAmount, for departure: Departure) {
        for connection in connections {
            let delay = TimeAmount.nanoseconds(.random(in: 0...max(0, spread.nanoseconds)))
            loop.scheduleTask(in: delay) { connection.assumeIsolated { $0.drain(departure) } }
        }
    }

    private func sweepRegularly() async {
        // Cancellation ends the pause, and the loop with it.
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            sweep(now: .now())
        }
        fetcher.finish()
    }

    private func sweep(now: NIODeadline) {
        for connection in connections { connection.assumeIsolated { $0.sweep(now: now) } }
    }
}
