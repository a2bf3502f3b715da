/// A committed row of the log as clients receive it: encoded once, shared by all.
public struct EncodedMessage: Sendable, Equatable {
    /// What the row is.
    public enum Kind: UInt8, Sendable {
        /// A message, for every client.
        case message
        /// A deleted message, for clients that asked for changes.
        case tombstone
        /// A change of an earlier message, for clients that asked for changes.
        case change
    }

    /// Its number in the room.
    public var seq: Int64
    /// The JSON object of the protocol, without a frame around it; begins with `{"seq":N,`.
    public var json: [UInt8]
    /// What the row is.
    public var kind: Kind

    /// An encoded row.
    public init(seq: Int64, json: [UInt8], kind: Kind = .message) {
        self.seq = seq
        self.json = json
        self.kind = kind
    }

    /// Whether clients with this view receive it.
    public func isVisible(in view: LogView) -> Bool { kind == .message || view == .changes }

    /// Whether it counts as one of the messages that a client with this view asks for.
    func isCounted(in view: LogView) -> Bool { kind != .change && isVisible(in: view) }

    /// The row with `"prev_seq":P` if numbers are missing between `previous` and its own.
    ///
    /// A client uses it to distinguish a number without a row from a lost message.
    ///
    /// - Parameter previous: no row that the client receives has a number between this one and `seq`.
    func following(_ previous: Int64) -> EncodedMessage {
        guard let comma = json.firstIndex(of: UInt8(ascii: ",")) else { return self }
        let old = Self.lengthOfPrevious(json[comma...])
        guard previous < seq - 1 || old > 0 else { return self }
        var message = self
        let new = previous < seq - 1 ? Self.previousField + Array(String(previous).utf8) : []
        message.json.replaceSubrange(comma..<comma + old, with: new)
        return message
    }

    private static let previousField = Array(",\"prev_seq\":".utf8)

    /// The bytes of the field `prev_seq` at the beginning of `rest`; 0 if it is not there.
    private static func lengthOfPrevious(_ rest: ArraySlice<UInt8>) -> Int {
        guard rest.starts(with: previousField) else { return 0 }
        let number = rest.dropFirst(previousField.count)
        return previousField.count + number.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
    }
}

extension [EncodedMessage] {
    /// The rows, each with `prev_seq` if numbers are missing before it; the first follows `previous`.
    func following(_ previous: Int64) -> [EncodedMessage] {
        var previous = previous
        guard let last, last.seq - previous != Int64(count) else { return self }
        return map { message in
            defer { previous = message.seq }
            return message.following(previous)
        }
    }

    /// The rows that clients with this view receive; the first follows `previous`, the last row before them that such a
    /// client receives.
    func visible(in view: LogView, following previous: Int64) -> [EncodedMessage] {
        guard contains(where: { !$0.isVisible(in: view) }) else { return following(previous) }
        return filter { $0.isVisible(in: view) }.following(previous)
    }
}
