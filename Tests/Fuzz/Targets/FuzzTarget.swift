/// A way into the program for bytes from outside, and the rules that must hold whatever they are.
///
/// To add one: a case, its function in a file of its own, a folder of seeds in `Corpus` and, where words help, a dictionary.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// A client's bytes as WebSocket frames.
    case frames
    /// Messages made of the input, framed, cut and read back.
    case messages
    /// Bytes as deflate, and deflated.
    case deflate
    /// A client's bytes as HTTP, on all three kinds of port.
    case requests
    /// The parts of an otherwise good upgrade.
    case upgrade
    /// What proxies say of a client's address.
    case addresses
    /// A client's JSON.
    case commands
    /// What clients are sent about a message made of the input.
    case encoding
    /// Notifications of the database.
    case doorbell
    /// Cells of the database's rows.
    case rows
    /// `site_conf.json`.
    case configuration
    /// `db_url`, as it is logged.
    case connection

    /// Tries one input.
    ///
    /// - Throws: what does not hold; a trap is the other way to fail.
    package func run(_ input: [UInt8]) throws {
        switch self {
        case .frames: try fuzzFrames(input)
        case .messages: try fuzzMessages(input)
        case .deflate: try fuzzDeflate(input)
        case .requests: try fuzzRequests(input)
        case .upgrade: try fuzzUpgrade(input)
        case .addresses: try fuzzAddresses(input)
        case .commands: try fuzzCommands(input)
        case .encoding: try fuzzEncoding(input)
        case .doorbell: try fuzzDoorbell(input)
        case .rows: try fuzzRows(input)
        case .configuration: try fuzzConfiguration(input)
        case .connection: try fuzzConnection(input)
        }
    }
}
