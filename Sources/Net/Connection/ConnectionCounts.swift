internal import CoreMetrics
internal import Logging
internal import Rooms
internal import Synchronization

/// Counts the WebSockets of a server and the sockets of each client address, and refuses those over a maximum.
final class ConnectionCounts: Sendable {
    let addresses: AddressCounts
    private let connections = Atomic<Int>(0)
    private let connectionsMax: Int?
    private let metrics: NetMetrics
    private let logger: Logger

    init(limits: NetLimits, metrics: NetMetrics, logger: Logger) {
        addresses = AddressCounts(max: limits.connectionsPerAddressMax, refusedMax: limits.refusedPerAddressMax)
        connectionsMax = limits.connectionsMax
        self.metrics = metrics
        self.logger = logger
    }

    /// Open WebSocket connections. From any isolation.
    var open: Int { connections.load(ordering: .relaxed) }

    /// Counts a socket at its client's address; returns false if that has so many that the socket gets no response.
    func acquire(_ permit: inout AddressPermit, for address: IPAddress) -> Bool {
        permit.acquire(for: address, from: addresses)
        guard permit.admission == .farTooMany else { return true }
        refusedByAddress(permit)
        return false
    }

    /// Counts a new WebSocket; returns false if its client address or the server has too many.
    func began(with permit: AddressPermit) -> Bool {
        guard permit.admission == .admitted else {
            refusedByAddress(permit)
            return false
        }
        let count = connections.add(1, ordering: .relaxed).newValue
        if let max = connectionsMax, count > max {
            connections.subtract(1, ordering: .relaxed)
            metrics.refusedTooMany.increment()
            logger.log(.debug, .clientRefused, ["address": "\(permit.address)", "reason": "connections_max"])
            return false
        }
        metrics.connections.record(count)
        return true
    }

    /// Removes a closed WebSocket, also from the count of its client's address.
    func ended(with permit: inout AddressPermit) {
        metrics.connections.record(connections.subtract(1, ordering: .relaxed).newValue)
        permit.release(to: addresses)
    }

    private func refusedByAddress(_ permit: AddressPermit) {
        metrics.refusedByAddress.increment()
        logger.log(
            .debug, .clientRefused, ["address": "\(permit.address)", "reason": "connections_per_address_max"])
    }
}
