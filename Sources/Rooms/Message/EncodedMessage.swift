/// A committed message as every client is sent it: encoded once, shared by all.
public struct EncodedMessage: Sendable, Equatable {
    /// Its place in the room.
    public var seq: Int64
    /// The JSON object of the protocol, without a frame around it.
    public var json: [UInt8]

    /// An encoded message.
    public init(seq: Int64, json: [UInt8]) {
        self.seq = seq
        self.json = json
    }
}
