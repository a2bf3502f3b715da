internal import NIOCore
internal import NIOHTTP1

/// The maximum size of a request's head, which is held in memory until it is complete.
package struct HTTPHeadLimits: Sendable, Equatable {
    /// Bytes of one header field, and of the request target.
    package var fieldBytesMax = 8 << 10
    /// Bytes of all header fields.
    package var bytesMax = 16 << 10
    /// Header fields.
    package var fieldsMax = 64

    /// The default limits.
    package init() {}

    /// An HTTP/1.1 request decoder with these limits.
    ///
    /// - Parameter leftOverBytes: what happens to bytes that follow an upgrade.
    func decoder(_ leftOverBytes: RemoveAfterUpgradeStrategy) -> ByteToMessageHandler<HTTPRequestDecoder> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = fieldBytesMax
        limits.maxHeaderListSize = bytesMax
        limits.maxHeaderFieldCount = fieldsMax
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: leftOverBytes, limitConfiguration: limits))
    }
}
