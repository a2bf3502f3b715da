internal import Synchronization

/// The sockets of each client address, over all event loops: an address has an entry while it has a socket.
final class AddressCounts: Sendable {
    /// What comes of one more socket.
    enum Admission: Equatable {
        /// It is one of those that the address may have.
        case welcome
        /// It is one too many, but may ask and be told so.
        case tooMany
        /// There are so many that this one is not even told; it is not counted.
        case farTooMany
    }

    private struct State {
        var counts: [IPAddress: Int] = [:]
        var max: Int?
    }

    private let state: Mutex<State>
    private let refusedMax: Int

    /// - Parameters:
    ///   - max: sockets of one address; nil for any number.
    ///   - refusedMax: sockets of one address beyond those that are counted all the same, to be told that they are too many.
    init(max: Int?, refusedMax: Int) {
        state = Mutex(State(max: max))
        self.refusedMax = refusedMax
    }

    /// Sets how many sockets one address may have from now on; those that it has, it keeps.
    func setMax(_ max: Int?) { state.withLock { $0.max = max } }

    /// Counts a socket in, unless there are far too many. IPv6 addresses of one /64 are one.
    func enter(_ address: IPAddress) -> Admission {
        state.withLock { state in
            let count = state.counts[address.network, default: 0]
            if let max = state.max, count >= max, count - max >= refusedMax { return .farTooMany }
            state.counts[address.network] = count + 1
            return state.max.map { count >= $0 } == true ? .tooMany : .welcome
        }
    }

    /// Counts a socket out that was counted in.
    func leave(_ address: IPAddress) {
        state.withLock { state in
            guard let count = state.counts[address.network] else { return }
            state.counts[address.network] = count > 1 ? count - 1 : nil
        }
    }

    /// The addresses that have sockets now.
    var addresses: Int { state.withLock { $0.counts.count } }
}
