internal import NIOCore
internal import TestKit

@testable internal import Net

/// A frame as a client sends it; wrong ones too.
struct Frame: Sendable {
    var first: UInt8
    var payload: [UInt8]
    var mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    /// The bytes after the first; nil for the shortest form of the payload's length.
    var length: [UInt8]?

    static func text(_ text: String, isFinal: Bool = true) -> Frame {
        Frame(first: isFinal ? 0x81 : 0x01, payload: Array(text.utf8))
    }
    static func binary(_ payload: [UInt8], isFinal: Bool = true) -> Frame {
        Frame(first: isFinal ? 0x82 : 0x02, payload: payload)
    }
    static func more(_ payload: [UInt8], isFinal: Bool = false) -> Frame {
        Frame(first: isFinal ? 0x80 : 0x00, payload: payload)
    }
    static func ping(_ text: String) -> Frame { Frame(first: 0x89, payload: Array(text.utf8)) }
    static func pong(_ text: String) -> Frame { Frame(first: 0x8A, payload: Array(text.utf8)) }
    static func close(_ payload: [UInt8]) -> Frame { Frame(first: 0x88, payload: payload) }
    static func close(_ code: UInt16, _ reason: String = "") -> Frame {
        close([UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    var bytes: [UInt8] {
        var bytes = [first]
        let bit: UInt8 = mask == nil ? 0 : 0x80
        if let length {
            bytes += length
        } else if payload.count < 126 {
            bytes.append(bit | UInt8(payload.count))
        } else if payload.count <= 0xFFFF {
            bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        } else {
            bytes += [bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (8 * (7 - $0))) }
        }
        guard let mask else { return bytes + payload }
        bytes += mask
        let start = bytes.count
        bytes += payload
        for index in payload.indices { bytes[start + index] ^= mask[index & 3] }
        return bytes
    }
}

/// The events of frames that arrive in pieces of the given sizes (the last one counts for the rest).
func events(
    _ frames: [Frame], pieces: [Int] = [.max], messageBytesMax: Int = 70_000, fragmentsMax: Int = 8,
    compression: Compression? = nil
) -> [FrameEvent] {
    events(
        of: frames.flatMap(\.bytes), pieces: pieces, messageBytesMax: messageBytesMax, fragmentsMax: fragmentsMax,
        compression: compression)
}

func events(
    of bytes: [UInt8], pieces: [Int] = [.max], messageBytesMax: Int = 70_000, fragmentsMax: Int = 8,
    compression: Compression? = nil
) -> [FrameEvent] {
    var reader = FrameReader(
        limits: .init(messageBytesMax: messageBytesMax, fragmentsMax: fragmentsMax), compression: compression)
    var events: [FrameEvent] = []
    var rest = bytes[...]
    var sizes = pieces[...]
    while !rest.isEmpty {
        let size = sizes.count > 1 ? sizes.removeFirst() : sizes.first ?? 1
        var buffer = ByteBuffer(bytes: rest.prefix(size))
        rest = rest.dropFirst(size)
        while let event = reader.next(&buffer) { events.append(event) }
    }
    return events
}

extension ServerFrame {
    /// The payload of a compressed frame, inflated without any context.
    var inflated: [UInt8]? {
        var output: [UInt8] = []
        guard let inflater = Inflater(), inflater.inflate(payload.span, into: &output, max: 64 << 20) == .done,
            inflater.finish(into: &output, max: 64 << 20) == .done
        else { return nil }
        return output
    }

    /// The same as text.
    var inflatedText: String? { inflated.map { String(decoding: $0, as: UTF8.self) } }
}

extension FrameEvent {
    static func text(_ text: String) -> FrameEvent { .text(Array(text.utf8)) }
    static func ping(_ text: String) -> FrameEvent { .ping(Array(text.utf8)) }

    /// The code of a violation.
    var violation: CloseCode? { if case .violation(let code, _) = self { code } else { nil } }
}
