/// One answered request, for an access log.
package struct HTTPAccess: Sendable {
    /// The address of the client; trusted proxies may report it.
    package let client: IPAddress
    /// The method as sent; nil if the request was not HTTP.
    package let method: String?
    /// The target as sent, without its query, which may contain a session key; nil if the request was not HTTP.
    package let path: String?
    /// The status of the response.
    package let status: UInt
    /// Bytes of the response's body.
    package let bytes: Int

    /// A request and its response.
    package init(client: IPAddress, method: String?, path: String?, status: UInt, bytes: Int) {
        self.client = client
        self.method = method
        self.path = path
        self.status = status
        self.bytes = bytes
    }
}

/// The receiver of reports about answered requests.
package struct HTTPAccessReport: Sendable {
    let record: @Sendable (HTTPAccess) -> Void

    /// - Parameter record: called on the connection's event loop when a response is written, so it must not block.
    package init(record: @escaping @Sendable (HTTPAccess) -> Void) {
        self.record = record
    }
}
