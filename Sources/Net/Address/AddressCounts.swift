internal import Synchronization

/// Counts the sockets of each client address over all event loops; an address has an entry while it has a socket.
final class AddressCounts: Sendable {
    /// The result of counting one more socket.
    enum Admission: Equatable {
        /// The address has not reached its maximum.
        case admitted
        /// The address is over its maximum, but the socket is counted and can receive an error response.
        case tooMany
        /// The address is far over its maximum; the socket is not counted and need not receive a response.
        case farTooMany
    }

    private struct State {
        var counts: [IPAddress: Int] = [:]
        var max: Int?
    }

    private let state: Mutex<State>
    private let refusedMax: Int

    /// - Parameters:
    ///   - max: sockets of one address; nil for no limit.
    ///   - refusedMax: sockets of one address over `max` that are counted too, so that they receive an error response.
    init(max: Int?, refusedMax: Int) {
        state = Mutex(State(max: max))
        self.refusedMax = refusedMax
    }

    /// Sets the maximum number of sockets of one address; existing sockets stay open.
    func setMax(_ max: Int?) { state.withLock { $0.max = max } }

    /// Counts a new socket, unless its address is far over the maximum. IPv6 addresses of one /64 count as one.
    func enter(_ address: IPAddress) -> Admission {
        state.withLock { state in
            let count = state.counts[address.network, default: 0]
            if let max = state.max, count >= max, count - max >= refusedMax { return .farTooMany }
            state.counts[address.network] = count + 1
            return state.max.map { count >= $0 } == true ? .tooMany : .admitted
        }
    }

    /// Removes a counted socket from the count.
    func leave(_ address: IPAddress) {
        state.withLock { state in
            guard let count = state.counts[address.network] else { return }
            state.counts[address.network] = count > 1 ? count - 1 : nil
        }
    }

    /// The number of addresses that have sockets.
    var addresses: Int { state.withLock { $0.counts.count } }
}
