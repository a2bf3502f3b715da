internal import CoreMetrics
internal import Logging
internal import Net
internal import Rooms

extension World {
    /// Whether this run of a server process is still up or draining.
    func isAlive(_ process: ProcessID) -> Bool {
        process.server < servers.count && servers[process.server].process == process
            && servers[process.server].phase != .down
    }

    /// Starts a process with empty memory.
    func start(_ server: Int) {
        let loops = servers[server].loops
        let process = ProcessID(server: server, generation: servers[server].process.generation + 1)
        let clock = SimClock(scheduler: scheduler)
        let outlets = loops.map { SimOutlet($0, scheduler: scheduler, profile: profile) }
        let names = WriterNames { [writerNames] in
            LogModel.WriterID(writerNames.next())
        }
        writers[process] = names
        let node = Node(
            store: SimStore(
                world: self, process: process, writers: names, executor: servers[server].storeLoop),
            sessions: SimSessions(world: self, process: process), outlets: outlets,
            limits: profile.limits, metrics: RoomMetrics(factory: NOOPMetricsHandler.instance),
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        let (events, continuation) = AsyncStream<StoreEvent>.makeStream()
        servers[server].process = process
        servers[server].phase = .up
        servers[server].isDeaf = false
        servers[server].node = node
        servers[server].outlets = outlets
        servers[server].rates = SessionRates(
            limits: profile.netLimits, metrics: NetMetrics(factory: NOOPMetricsHandler.instance))
        servers[server].events = continuation
        servers[server].tasks = Self.tasks(of: node, outlets, events, pool: servers[server].pool)
        note { "\(process) starts" }
        // As the real listener does when it starts to listen.
        continuation.yield(.resync)
        for outlet in outlets { sweepRegularly(outlet, of: process) }
        sweepSessionsRegularly(of: process)
    }

    private static func tasks(
        of node: Node, _ outlets: [SimOutlet], _ events: AsyncStream<StoreEvent>, pool: SimPool
    ) -> [Task<Void, Never>] {
        var tasks = [
            Task(executorPreference: pool) { await node.run() },
            Task(executorPreference: pool) { for await event in events { await node.received(event) } },
        ]
        for outlet in outlets { tasks.append(Task(executorPreference: outlet.loop) { await outlet.run() }) }
        return tasks
    }

    private func sweepRegularly(_ outlet: SimOutlet, of process: ProcessID) {
        after(250_000) { world in
            guard world.isAlive(process) else { return }
            for id in world.links.keys.sorted() {
                guard let link = world.links[id], link.connection.loopOutlet === outlet else { continue }
                outlet.loop.execute { link.connection.assumeIsolated { $0.sweep() } }
            }
            world.sweepRegularly(outlet, of: process)
        }
    }

    /// Ends a process at once.
    ///
    /// Its tasks still run to their end here, which frees their memory. But they no longer affect the world: their
    /// calls fail before they are sent, and the clients are disconnected.
    func crash(_ server: Int) {
        let process = servers[server].process
        note { "\(process) crashes" }
        servers[server].phase = .down
        wake(server)
        servers[server].node = nil
        servers[server].outlets = []
        servers[server].events?.finish()
        for task in servers[server].tasks { task.cancel() }
        servers[server].tasks = []
        failCalls(of: process)
        for id in links.keys.sorted() where links[id]?.process == process { cut(id) }
        for number in visits.keys.sorted() where visits[number]?.process == process { leave(number) }
    }

    /// Tells a process to stop; it then does what `App` does.
    func stop(_ server: Int) {
        let process = servers[server].process
        note { "\(process) is told to stop" }
        servers[server].phase = .draining
        for id in links.keys.sorted() {
            guard let link = links[id], link.process == process else { continue }
            let loop = link.connection.loopOutlet.loop
            loop.execute(afterMicroseconds: Int64(chances.pick(0...200_000))) {
                link.connection.assumeIsolated { $0.drain() }
            }
        }
        let patience = scheduler.nowMicroseconds + Int64(chances.pick(500_000...3_000_000))
        awaitEmpty(process, until: patience)
    }

    private func awaitEmpty(_ process: ProcessID, until deadline: Int64) {
        after(20_000) { world in
            guard world.isAlive(process), let node = world.servers[process.server].node else { return }
            let isEmpty = !world.links.values.contains { $0.process == process }
            guard isEmpty || world.scheduler.nowMicroseconds >= deadline else {
                return world.awaitEmpty(process, until: deadline)
            }
            node.queue.close()
            world.awaitIdle(process, until: deadline + 500_000)
        }
    }

    private func awaitIdle(_ process: ProcessID, until deadline: Int64) {
        after(20_000) { world in
            guard world.isAlive(process), let node = world.servers[process.server].node else { return }
            if node.isIdle { world.checkStored(by: process) }
            guard node.isIdle || world.scheduler.nowMicroseconds >= deadline else {
                return world.awaitIdle(process, until: deadline)
            }
            world.crash(process.server)
            if world.isFaulty { world.restart(process.server) } else { world.start(process.server) }
        }
    }
}
