internal import NIOCore

@testable internal import Net

/// The events of a stream of frames, however it arrives.
struct FrameStream {
    var limits: FrameReader.Limits
    var compression: Compression?

    /// All in one piece.
    func events(whole bytes: [UInt8]) -> [FrameEvent] { events(bytes) { bytes.count } }

    /// A byte at a time.
    func events(byteByByte bytes: [UInt8]) -> [FrameEvent] { events(bytes) { 1 } }

    /// In pieces.
    func events(_ bytes: [UInt8], cuts seed: UInt8) -> [FrameEvent] {
        var cuts = Cuts(seed)
        return events(bytes) { cuts.next() }
    }

    private func events(_ bytes: [UInt8], size: () -> Int) -> [FrameEvent] {
        var reader = FrameReader(limits: limits, compression: compression)
        var events: [FrameEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(max(1, size()))
            rest = rest.dropFirst(piece.count)
            var buffer = ByteBuffer(bytes: piece)
            while let event = reader.next(&buffer) { events.append(event) }
        }
        return events
    }
}

extension FrameEvent {
    /// Whether nothing may follow.
    var isLast: Bool {
        switch self {
        case .close, .violation: true
        case .text, .binary, .ping, .pong: false
        }
    }
}

extension Compression {
    /// What a client would have agreed on.
    static func agreed(_ policy: Policy, serverWindowBits: Int = 15) -> Compression? {
        let offer = ExtensionOffer(
            name: "permessage-deflate",
            parameters: [.init(name: "server_max_window_bits", value: String(serverWindowBits))])
        return Compression([offer], policy: policy)
    }
}
