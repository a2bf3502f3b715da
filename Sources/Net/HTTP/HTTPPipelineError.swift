/// Why a socket did not become an HTTP connection.
package enum HTTPPipelineError: Error {
    /// The listener has all the connections that `HTTPLimits.connectionsMax` allows.
    case tooManyConnections
    /// The client's address has all that `HTTPLimits.connectionsPerAddressMax` allows.
    case tooManyConnectionsOfAddress
}
