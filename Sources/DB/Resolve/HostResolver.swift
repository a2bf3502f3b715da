internal import Glibc
internal import Metrics
internal import Synchronization

/// Resolves host names on its own threads, because libpq would resolve them on the calling thread, which all
/// connections to the database share.
///
/// At most `DBLimits.resolverThreadsMax` threads, each of which ends when no name is left. Safe from any task.
final class HostResolver: Sendable {
    /// Resolves a name and may block.
    typealias Lookup = @Sendable (String) -> HostLookup

    /// The resolver of this process.
    static let shared = HostResolver(lookup: HostLookup.system)

    private let lookup: Lookup
    private let queue = Mutex(HostQueue<AsyncStream<HostLookup>.Continuation>())
    /// Names that were not resolved in time.
    private let late: Counter
    /// Requests that found the queue full.
    private let refused: Counter

    init(lookup: @escaping Lookup, factory: any MetricsFactory = MetricsSystem.factory) {
        self.lookup = lookup
        late = Counter(label: "roomcast_db_host_lookups_late_total", factory: factory)
        refused = Counter(label: "roomcast_db_host_lookups_refused_total", factory: factory)
    }

    /// The options with an address for each host that is a name, so that libpq resolves nothing. Hosts that could not
    /// be resolved are left out.
    ///
    /// - Throws: `PostgresError.connectionLost` if no host is left.
    func resolved(
        _ options: ConnectionOptions, within limit: Duration
    ) async throws(PostgresError) -> ConnectionOptions {
        guard var hosts = HostList(options.completedHostSettings()) else { return options }
        let names = hosts.names
        guard !names.isEmpty else { return options }
        let hostCount = hosts.entries.count
        let answers = await withTaskGroup(of: (String, HostLookup).self) { group in
            for name in names { group.addTask { (name, await self.look(up: name, within: limit)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var addresses: [String: [String]] = [:]
        var failures: [String] = []
        for (name, answer) in answers {
            switch answer {
            case .addresses(let found): addresses[name] = found
            case .failed(let reason): failures.append("the host name \"\(name)\" could not be resolved: \(reason)")
            }
        }
        hosts.resolve(addresses, turn: options.attempt / hostCount)
        guard !hosts.entries.isEmpty else {
            throw .connectionLost(failures.sorted().joined(separator: "; "))
        }
        return options.connecting(to: hosts)
    }

    /// The addresses of a name.
    func look(up name: String, within limit: Duration) async -> HostLookup {
        let (answers, waiter) = AsyncStream<HostLookup>.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard case .wait(let ticket, let startsThread) = queue.withLock({ $0.ask(name, waiter) }) else {
            refused.increment()
            return .failed("too many names are being resolved")
        }
        if startsThread { startThread() }
        let answer = await withTaskGroup(of: HostLookup?.self) { group in
            group.addTask {
                for await answer in answers { return answer }
                return nil
            }
            group.addTask {
                // Cancelled when the answer has arrived.
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if let answer { return answer }
        queue.withLock { $0.giveBack(name, ticket: ticket) }
        late.increment()
        return .failed("no answer within \(limit.milliseconds) ms")
    }

    private func startThread() {
        var thread = pthread_t()
        let resolver = unsafe Unmanaged.passRetained(self)
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // The reference retained above, given to this thread alone.
                unsafe Unmanaged<HostResolver>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, resolver.toOpaque())
        guard failure == 0 else {
            unsafe resolver.release()
            for waiter in queue.withLock({ $0.threadFailed() }) {
                waiter.yield(.failed("no thread could be started for it"))
            }
            return
        }
        pthread_detach(thread)
    }

    private func work() {
        while let name = queue.withLock({ $0.next() }) {
            let answer = lookup(name)
            for waiter in queue.withLock({ $0.answered(name) }) { waiter.yield(answer) }
        }
    }
}
