internal import NIOCore
internal import Net

extension NetLimits {
    /// The default limits, but independent of the machine's speed: a pause of a loaded machine must not end a
    /// connection.
    static var test: NetLimits {
        var limits = NetLimits()
        limits.handshakeTimeout = .minutes(10)
        limits.pingInterval = nil
        return limits
    }
}
