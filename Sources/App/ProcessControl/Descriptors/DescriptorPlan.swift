package import Configuration
package import Logging
internal import Net
internal import Telemetry

/// How many descriptors a server needs, and how they are shared if there are fewer.
///
/// Some descriptors are kept for the process itself, so that a full server still reaches its database, writes its log
/// and answers on its other ports.
package struct DescriptorPlan: Equatable {
    /// For standard streams, listeners, an embedded cluster's files and programs, TLS files and a rolling restart.
    static let reserve = 64
    /// For each event loop: epoll, a timer and an eventfd, and one spare.
    static let perLoop = 4
    /// For each connection to the database: its socket, and the next one while it is replaced.
    static let perDatabaseConnection = 2
    /// The minimum of sockets for connections that are not clients yet, or not any more; else as many as clients.
    static let strangersMin = 1024
    /// The maximum number of sockets of the WebSocket server if `connections_max` is off.
    static let socketsMax = 1_000_000

    /// Descriptors that no client may take.
    let kept: Int
    /// Listeners for pages only.
    let pageListeners: Int
    /// `connections_max`.
    let connectionsMax: Int?

    package init(_ conf: SiteConf, loops: Int) {
        kept = Self.reserve + Self.perDatabaseConnection * (conf.databasePoolSize + 2) + Self.perLoop * loops
        var addresses = [conf.wsServer.address]
        for address in [conf.htmlServer?.address, conf.opsServer?.address] {
            guard let address, !addresses.contains(where: { $0.isSame(as: address) }) else { continue }
            addresses.append(address)
        }
        pageListeners = addresses.count - 1
        connectionsMax = conf.netLimits.connectionsMax
    }

    /// The maximum for each page listener: enough that it can answer surplus connections with a refusal.
    private static var pagesWanted: Int { HTTPLimits().connectionsMax + NetLimits().acceptsPerTurnMax }

    private var clientsWanted: Int {
        guard let connectionsMax else { return Self.socketsMax }
        return connectionsMax + max(connectionsMax, Self.strangersMin)
    }

    /// The limit with which no socket has to wait for a descriptor.
    var wanted: Int { kept + pageListeners * Self.pagesWanted + clientsWanted }

    /// The share of each server under a limit.
    func shares(of limit: Int) -> DescriptorShares {
        let rest = max(0, limit - kept)
        let pages = min(Self.pagesWanted, max(4, rest / 8))
        return DescriptorShares(clients: max(1, min(clientsWanted, rest - pageListeners * pages)), pages: pages)
    }

    /// Raises the process's limit as far as needed and allowed; warns if it is too low for `connections_max`.
    package func applied(_ logger: Logger) -> DescriptorShares {
        let limit = DescriptorLimit.raise(to: wanted)
        let shares = shares(of: limit)
        if let connectionsMax, shares.clients < connectionsMax {
            logger.log(
                .warning, .descriptorsShort,
                [
                    "limit": .stringConvertible(limit), "needed": .stringConvertible(wanted),
                    "connections_max": .stringConvertible(connectionsMax),
                    "sockets_max": .stringConvertible(shares.clients),
                ])
        }
        return shares
    }
}

/// How many sockets each server may have open.
package struct DescriptorShares: Equatable, Sendable {
    /// The WebSocket server.
    package var clients: Int
    /// Each server for pages, or for health and metrics.
    package var pages: Int
}
