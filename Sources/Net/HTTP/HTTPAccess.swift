/// One answered request, for an access log.
public struct HTTPAccess: Sendable {
    /// The address of the client; trusted proxies may report it.
    public let client: IPAddress
    /// The method as sent; nil if the request was not HTTP.
    public let method: String?
    /// The target as sent, without its query, which may contain a session key; nil if the request was not HTTP.
    public let path: String?
    /// The status of the response.
    public let status: UInt
    /// Bytes of the response's body.
    public let bytes: Int

    /// A request and its response.
    public init(client: IPAddress, method: String?, path: String?, status: UInt, bytes: Int) {
        self.client = client
        self.method = method
        self.path = path
        self.status = status
        self.bytes = bytes
    }
}

/// The receiver of reports about answered requests.
public struct HTTPAccessReport: Sendable {
    let tell: @Sendable (HTTPAccess) -> Void

    /// - Parameter tell: called on the connection's event loop when a response is written, so it must not block.
    public init(tell: @escaping @Sendable (HTTPAccess) -> Void) {
        self.tell = tell
    }
}
