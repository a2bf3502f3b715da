internal import NIOCore
internal import NIOHTTP1

@testable internal import Net

/// Stands for the chat: counts what becomes of a socket, and keeps what comes behind its upgrade.
final class UpgradeWitness: UpgradeSite {
    let allowedOrigins: [String]?
    let compression: Compression.Policy
    let isFull: Bool
    let socket = SocketWitness()
    var whenUpgraded = {}
    private(set) var request: UpgradeRequest?
    private(set) var acceptedCount = 0
    private(set) var upgradedCount = 0
    private(set) var abandonedCount = 0

    init(allowedOrigins: [String]? = nil, compression: Compression.Policy = .remembering, isFull: Bool = false) {
        self.allowedOrigins = allowedOrigins
        self.compression = compression
        self.isFull = isFull
    }

    func received(proxied client: IPAddress) -> Bool { true }

    func received(_ headers: HTTPHeaders) {}

    func accept(_ request: UpgradeRequest) -> (any ChannelHandler & RemovableChannelHandler)? {
        guard !isFull else { return nil }
        acceptedCount += 1
        self.request = request
        return socket
    }

    func upgraded() {
        upgradedCount += 1
        whenUpgraded()
    }

    func abandoned() { abandonedCount += 1 }
}

/// Keeps the bytes of a socket.
final class SocketWitness: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private(set) var bytes: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { bytes += unwrapInboundIn(data).readableBytesView }
}
