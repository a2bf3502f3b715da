/// The open descriptors that a process passes to the one that it starts in its place, by name.
///
/// They are passed in one environment variable: `ready=3,ws_server=4,html_server=5`.
struct Handover: Equatable {
    /// The environment variable.
    static let variable = "ROOMCAST_LISTENERS"
    /// The maximum number of descriptors that are handed over.
    static let descriptorsMax = 16
    /// The first number: after stdin, stdout and stderr.
    static let firstDescriptor: Int32 = 3
    /// The name that no server has: the socket on which the new process reports that it is ready.
    static let readyName = "ready"

    /// The listening sockets by the name of their server in the configuration.
    var listeners: [String: Int32]
    /// The socket on which to report that the new process is ready.
    var ready: Int32

    /// Numbers the descriptors from `firstDescriptor` on: first `ready`, then the servers in their order.
    static func numbering(_ servers: [String]) -> Handover {
        let numbers = servers.enumerated().map { ($1, firstDescriptor + 1 + Int32($0)) }
        return Handover(listeners: Dictionary(uniqueKeysWithValues: numbers), ready: firstDescriptor)
    }

    init(listeners: [String: Int32], ready: Int32) {
        self.listeners = listeners
        self.ready = ready
    }

    /// Reads the value of the variable; returns nil if it does not have the form of `text`.
    init?(_ text: String) {
        var descriptors: [String: Int32] = [:]
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        guard entries.count <= Self.descriptorsMax else { return nil }
        for entry in entries {
            let sides = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, let number = Int32(sides[1]),
                number >= Self.firstDescriptor, sides[1].allSatisfy(\.isNumber),
                descriptors.updateValue(number, forKey: String(sides[0])) == nil
            else { return nil }
        }
        guard Set(descriptors.values).count == descriptors.count,
            let ready = descriptors.removeValue(forKey: Self.readyName)
        else { return nil }
        self.init(listeners: descriptors, ready: ready)
    }

    /// The value of the variable.
    var text: String {
        let servers = listeners.sorted { $0.value < $1.value }.map { "\($0.key)=\($0.value)" }
        return (["\(Self.readyName)=\(ready)"] + servers).joined(separator: ",")
    }
}
