internal import DB
internal import NIOCore
internal import Net
internal import Rooms

/// One step of a message's way, in the order of the steps.
enum Step: String, CaseIterable {
    case frameDecode = "frame-decode"
    case commandDecode = "command-decode"
    case batchParameters = "batch-parameters"
    case messageEncode = "message-encode"
    case broadcastFraming = "broadcast-framing"

    /// A step with its input.
    struct Work {
        /// The messages that one round works on.
        let messageCount: Int
        /// Runs the step once; returns the bytes that it made or read.
        let round: () throws -> Int
    }

    /// The step with its input: messages of 64 bytes, with ids, as ordinary clients send them.
    func prepared() throws -> Work {
        switch self {
        case .frameDecode:
            let frames = ByteBuffer(bytes: (0..<16).flatMap { Self.frame(Self.command($0)) })
            return Work(messageCount: 16) { FrameCounts.decoded(frames) }
        case .commandDecode:
            let command = Self.command(0)
            return Work(messageCount: 1) {
                guard case .message(let text, let id, _) = try Command.read(command) else { return 0 }
                return text.utf8.count + (id?.utf8.count ?? 0)
            }
        case .batchParameters:
            let drafts = (0..<40).map { Draft(user: "user\($0)", text: Self.text, clientID: Self.id($0)) }
            let batch = Batch(
                id: BatchID(lane: .live, number: 1), groups: [Batch.Group(room: RoomID(0), drafts: drafts)])
            return Work(messageCount: 40) { ParameterCount.encoded(batch) }
        case .messageEncode:
            return Work(messageCount: 1) { Self.encoded(0).json.count }
        case .broadcastFraming:
            let messages = (0..<16).map(Self.encoded)
            return Work(messageCount: 16) { FrameCounts.framed(messages) }
        }
    }

    private static let text = String(repeating: "0123456789abcdef", count: 4)
    private static let time = Timestamp(microseconds: 1_470_676_832_421_000).iso8601Bytes
    private static let firstID = id(0)

    private static func id(_ number: Int) -> String { "0123456789abcdef\(10_000_000 + number)" }

    private static func command(_ number: Int) -> [UInt8] {
        Array("{\"message\":\"\(text)\",\"id\":\"\(id(number))\"}".utf8)
    }

    private static func encoded(_ number: Int) -> EncodedMessage {
        EncodedMessage(
            seq: Int64(123_456 + number), time: time, user: "Michael Redman", text: text, clientID: firstID, userID: nil
        )
    }

    /// A masked text frame of less than 126 bytes (RFC 6455 section 5.2).
    private static func frame(_ payload: [UInt8]) -> [UInt8] {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        var bytes: [UInt8] = [0x81, 0x80 | UInt8(payload.count)]
        bytes += key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }
}
