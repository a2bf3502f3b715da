internal import Configuration

/// The content of a text frame from the server, as far as the audit needs it.
enum ServerFrame: Equatable {
    /// The first frame of a connection.
    case authenticated(Greeting)
    /// A message, or a change to one: it has a number.
    case message(seq: Int64, own: OwnMark?)
    /// The server refused something.
    case refused(code: String, id: String?)
    /// Presence, typing, history and everything else without a number.
    case other

    /// The content of the first frame.
    struct Greeting: Equatable {
        var room: Int
        var epoch: String
        var lastSeq: Int64
        var resumed: Bool
        var reset: StreamAudit.Reset?
    }

    /// The sender of a message of this run.
    struct OwnMark: Equatable {
        /// The connection, from 1.
        var connection: Int
        /// The message among those of the connection, from 1.
        var number: Int
    }

    private static let seqKey = Array(#""seq":"#.utf8)
    private static let messageKey = Array(#""message":""#.utf8)

    /// Reads a frame.
    ///
    /// Messages are nearly all of the traffic and are only scanned: in JSON, an unescaped `"seq":` can only be a key.
    /// The rest is parsed.
    ///
    /// - Parameter mark: the prefix of the texts of this run.
    static func read(_ bytes: UnsafeRawBufferPointer, mark: [UInt8]) -> ServerFrame {
        if starts(bytes, at: 0, with: #"{"authenticated":"#) || starts(bytes, at: 0, with: #"{"error":"#) {
            return parse(bytes)
        }
        if starts(bytes, at: 0, with: #"{"history":"#) { return .other }
        guard let end = find(seqKey, in: bytes, from: 0), let (seq, after) = integer(in: bytes, at: end) else {
            return .other
        }
        return .message(seq: Int64(seq), own: ownMark(in: bytes, from: after, mark: mark))
    }

    private static func ownMark(in bytes: UnsafeRawBufferPointer, from offset: Int, mark: [UInt8]) -> OwnMark? {
        guard let text = find(messageKey, in: bytes, from: offset), text + mark.count < bytes.count,
            mark.indices.allSatisfy({ bytes[text + $0] == mark[$0] }),
            let (connection, middle) = integer(in: bytes, at: text + mark.count),
            middle < bytes.count, bytes[middle] == 0x20,
            let (number, end) = integer(in: bytes, at: middle + 1), end < bytes.count, bytes[end] == 0x22
        else { return nil }
        return OwnMark(connection: connection, number: number)
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) -> ServerFrame {
        guard let root = try? JSONNode.read(Array(bytes)) else { return .other }  // not JSON: nothing to audit
        if let error = root["error"] { return .refused(code: error["code"]?.string ?? "?", id: error["id"]?.string) }
        guard let room = root["room"]?.integer, let lastSeq = root["last_seq"]?.integer else { return .other }
        return .authenticated(
            Greeting(
                room: room, epoch: root["epoch"]?.string ?? "", lastSeq: Int64(lastSeq),
                resumed: root["resumed"]?.value == .bool(true),
                reset: root["reset"]?.string.flatMap(StreamAudit.Reset.init)))
    }

    private static func starts(_ bytes: UnsafeRawBufferPointer, at offset: Int, with text: StaticString) -> Bool {
        guard bytes.count >= offset + text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { prefix in
            prefix.indices.allSatisfy { bytes[offset + $0] == prefix[$0] }
        }
    }

    /// The offset after the first occurrence of `needle`.
    private static func find(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        var offset = from
        let last = bytes.count - needle.count
        while offset <= last {
            var matched = 0
            while matched < needle.count, bytes[offset + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return offset + matched }
            offset += 1
        }
        return nil
    }

    /// A number without sign that fits into 63 bits, and the offset after it.
    private static func integer(in bytes: UnsafeRawBufferPointer, at start: Int) -> (value: Int, end: Int)? {
        var value = 0
        var offset = start
        while offset < bytes.count, case 0x30...0x39 = bytes[offset] {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = scaled.addingReportingOverflow(Int(bytes[offset] - 0x30))
            if overflow || carried { return nil }
            value = sum
            offset += 1
        }
        return offset > start ? (value, offset) : nil
    }
}
