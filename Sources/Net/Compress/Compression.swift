/// The permessage-deflate parameters that client and server have negotiated (RFC 7692 section 7.1).
///
/// The server never refers to an earlier message (`server_no_context_takeover`). So all receivers can share one
/// compressed message, and no connection needs its own compressor.
struct Compression: Equatable, Sendable {
    /// Whether and how the server accepts compression.
    enum Policy: Sendable {
        case off
        /// With `client_no_context_takeover`: the server keeps no state between a client's messages.
        case forgetful
        /// The client may refer to its earlier messages, at the cost of an inflater (about 40 KB) per connection.
        case remembering
    }

    /// Receivers of one class can share a compressed message: the base-2 logarithm of the window, 9 to 15.
    struct ServerClass: Hashable, Sendable {
        let windowBits: Int32
    }

    let serverClass: ServerClass
    /// Whether the client's messages may refer to its earlier ones.
    let clientKeepsContext: Bool
    /// The value of `Sec-WebSocket-Extensions` that accepts the offer.
    let response: String

    /// Accepts the first acceptable offer; returns nil if there is none.
    init?(_ offers: [ExtensionOffer], policy: Policy) {
        for offer in offers where offer.name == "permessage-deflate" {
            guard let compression = Compression(offer, policy) else { continue }
            self = compression
            return
        }
        return nil
    }

    /// Declines an offer with an unknown, repeated or invalid parameter, or one that cannot be satisfied (RFC 7692
    /// section 7).
    private init?(_ offer: ExtensionOffer, _ policy: Policy) {
        guard policy != .off, Set(offer.parameters.map(\.name)).count == offer.parameters.count else { return nil }
        var response = "permessage-deflate; server_no_context_takeover"
        var serverBits: Int32?
        var clientForgets = policy == .forgetful
        for parameter in offer.parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): break
            case ("client_no_context_takeover", nil): clientForgets = true
            // The client's window size does not matter: the inflater uses the largest one.
            case ("client_max_window_bits", nil): break
            case ("client_max_window_bits", let value?): guard Self.windowBits(value) != nil else { return nil }
            case ("server_max_window_bits", let value?):
                // zlib cannot write raw deflate with a window of 2^8 bytes.
                guard let bits = Self.windowBits(value), bits > 8 else { return nil }
                serverBits = bits
            default: return nil
            }
        }
        if clientForgets { response += "; client_no_context_takeover" }
        if let serverBits { response += "; server_max_window_bits=\(serverBits)" }
        self.serverClass = ServerClass(windowBits: serverBits ?? 15)
        self.clientKeepsContext = !clientForgets
        self.response = response
    }

    /// 8 to 15 in decimal without leading zeros.
    private static func windowBits(_ value: String) -> Int32? {
        ["8": 8, "9": 9, "10": 10, "11": 11, "12": 12, "13": 13, "14": 14, "15": 15][value]
    }
}
