/// The task of `App load`.
package struct LoadPlan: Sendable, Equatable {
    /// Where to connect.
    var target: LoadTarget
    /// How many connections to open.
    var connections: Int
    /// Seconds between two messages of one connection, on average; 0 only listens.
    var interval: Double
    /// Seconds until it stops; nil to run until a signal.
    var duration: Double?
    /// Whether messages carry an id, so that one of unknown outcome may be sent again.
    var sendsIDs: Bool
    /// Whether a server's certificate must be valid.
    var verifiesCertificate: Bool

    /// A plan as the command line describes it; `problem` says whether it can be carried out.
    package init(
        target: LoadTarget, connections: Int, interval: Double, duration: Double?, sendsIDs: Bool,
        verifiesCertificate: Bool
    ) {
        self.target = target
        self.connections = connections
        self.interval = interval
        self.duration = duration
        self.sendsIDs = sendsIDs
        self.verifiesCertificate = verifiesCertificate
    }

    /// Why the plan cannot be carried out; nil if it can.
    package var problem: String? {
        guard (1...1_000_000).contains(connections) else { return "Connections must be 1 to 1000000." }
        guard interval == 0 || (0.001...86_400).contains(interval) else {
            return "The interval must be 0 or 0.001 to 86400 seconds."
        }
        if let duration, !(0.1...31_536_000).contains(duration) {
            return "The duration must be 0.1 to 31536000 seconds."
        }
        return nil
    }
}
