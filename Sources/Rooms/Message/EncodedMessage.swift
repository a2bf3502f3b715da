/// A committed message as clients receive it: encoded once, shared by all.
public struct EncodedMessage: Sendable, Equatable {
    /// Its number in the room.
    public var seq: Int64
    /// The JSON object of the protocol, without a frame around it; begins with `{"seq":N,`.
    public var json: [UInt8]

    /// An encoded message.
    public init(seq: Int64, json: [UInt8]) {
        self.seq = seq
        self.json = json
    }

    /// The message with `"prev_seq":P` if numbers are missing between `previous` and its own.
    ///
    /// A client uses it to distinguish a number without a message from a lost message.
    ///
    /// - Parameter previous: no message of the log has a number between this one and `seq`.
    func following(_ previous: Int64) -> EncodedMessage {
        guard previous < seq - 1, let comma = json.firstIndex(of: UInt8(ascii: ",")) else { return self }
        var message = self
        message.json.insert(contentsOf: Array(",\"prev_seq\":\(previous)".utf8), at: comma)
        return message
    }
}

extension [EncodedMessage] {
    /// The messages, each with `prev_seq` if numbers are missing before it; the first follows `previous`.
    func following(_ previous: Int64) -> [EncodedMessage] {
        var previous = previous
        guard let last, last.seq - previous != Int64(count) else { return self }
        return map { message in
            defer { previous = message.seq }
            return message.following(previous)
        }
    }
}
