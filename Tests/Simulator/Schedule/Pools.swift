internal import Synchronization

/// The pools of a simulation, by number.
final class Pools: Sendable {
    private let pools = Mutex<[SimPool]>([])

    subscript(number: Int) -> SimPool { pools.withLock { $0[number] } }

    func append(_ pool: SimPool) { pools.withLock { $0.append(pool) } }
}
