/// Why a socket was not made an HTTP connection.
public enum HTTPPipelineError: Error {
    /// The listener has all the connections that `HTTPLimits.connectionsMax` allows.
    case tooManyConnections
    /// Its client's address has all that `HTTPLimits.connectionsPerAddressMax` allows.
    case tooManyConnectionsOfAddress
}
