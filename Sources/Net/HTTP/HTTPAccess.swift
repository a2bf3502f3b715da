/// One answered request, as a log of accesses shows it.
public struct HTTPAccess: Sendable {
    /// Who asked, by what trusted proxies say.
    public let client: IPAddress
    /// The method as sent; nil if the request was no HTTP.
    public let method: String?
    /// The target as sent, without its query, in which a session key may stand; nil if the request was no HTTP.
    public let path: String?
    /// The status of the answer.
    public let status: UInt
    /// Bytes of the answer's body.
    public let bytes: Int

    /// A request and its answer.
    public init(client: IPAddress, method: String?, path: String?, status: UInt, bytes: Int) {
        self.client = client
        self.method = method
        self.path = path
        self.status = status
        self.bytes = bytes
    }
}

/// Whom to tell of answered requests.
public struct HTTPAccessReport: Sendable {
    let tell: @Sendable (HTTPAccess) -> Void

    /// - Parameter tell: called on the connection's event loop when an answer is written, so it must not wait.
    public init(tell: @escaping @Sendable (HTTPAccess) -> Void) {
        self.tell = tell
    }
}
