internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

@testable internal import Net

/// One connection of a port on an embedded channel, with the handlers of the server and a witness behind its decoder.
final class HTTPTrial {
    enum Port: CaseIterable {
        /// Pages and health: `html_server`, `ops_server`.
        case pages
        /// WebSockets alone: `ws_server`.
        case sockets
        /// Both on one listener.
        case shared
    }

    private let channel = EmbeddedChannel()
    private let witness = RequestWitness()
    let site: UpgradeWitness

    private static let routes = OpsRoutes(readiness: { .ready }, metrics: { "m 1\n" }).routes
        .merging(PageRoutes(webSocket: .sameHost(port: 56_412, tls: true)).routes)

    init(_ port: Port, site: UpgradeWitness = UpgradeWitness()) throws {
        self.site = site
        let pages = HTTPPipeline(routes: Self.routes)
        let pipeline = channel.pipeline.syncOperations
        switch port {
        case .pages:
            try pages.configure(channel)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(witness, position: .after(decoder))
        case .sockets:
            let decoder = NetLimits().head.decoder(.forwardBytes)
            try pipeline.addHandlers([decoder, witness])
            try pipeline.addHandler(UpgradeHandler(site: site, decoder: decoder, plainHandlers: []))
        case .shared:
            let (encoder, decoder, answering) = (
                HTTPResponseEncoder(), NetLimits().head.decoder(.forwardBytes), pages.answering()
            )
            try pipeline.addHandlers([encoder, decoder, witness])
            try pipeline.addHandler(
                UpgradeHandler(site: site, decoder: decoder, plainHandlers: [encoder] + answering))
            try pipeline.addHandlers(answering)
        }
        // What comes behind an upgrade is no request.
        site.whenUpgraded = { [witness] in pipeline.removeHandler(witness, promise: nil) }
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/fuzz")).wait()
    }

    /// Brings the client's bytes, piece by piece, as long as the server reads, and ends the connection.
    ///
    /// - Returns: what the server has sent.
    func talk(_ bytes: [UInt8], cuts seed: UInt8) throws(BrokenRule) -> [UInt8] {
        var cuts = Cuts(seed)
        var rest = bytes[...]
        while !rest.isEmpty, channel.isActive {
            let piece = rest.prefix(cuts.next())
            rest = rest.dropFirst(piece.count)
            // An error that reached the end of the pipeline is not an answer.
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            // What the loop does next comes before or after more bytes.
            if seed & 1 == 0 { channel.embeddedEventLoop.run() }
        }
        channel.embeddedEventLoop.run()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        var sent: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { sent += buffer.readableBytesView }
        try check(sent, of: bytes)
        return sent
    }

    private func check(_ sent: [UInt8], of bytes: [UInt8]) throws(BrokenRule) {
        try expect(site.acceptedCount <= 1 && site.upgradedCount <= 1, "accepted or upgraded twice")
        try expect(site.abandonedCount <= 1, "abandoned twice")
        try expect(site.upgradedCount == 0 || site.abandonedCount == 0, "upgraded and abandoned")
        try expect(site.socket.bytes.isEmpty || site.upgradedCount == 1, "frames without an upgrade")
        let frames = site.socket.bytes
        try expect(bytes.suffix(frames.count).elementsEqual(frames), "frames that were not sent")
        var reader = ResponseReader(sent)
        let responses = try reader.responses(to: witness.methods)
        try expect(
            responses.count <= witness.methods.count + witness.errors,
            "\(responses.count) answers to \(witness.methods.count) requests and \(witness.errors) errors")
        let upgrades = responses.filter { $0.status == 101 }.count
        try expect(upgrades == site.upgradedCount, "\(upgrades) times 101, \(site.upgradedCount) upgrades")
        for response in responses.dropLast() {
            try expect(!response.closes && response.status != 101, "an answer follows the last one")
        }
    }
}

/// Sees what the decoder makes of the bytes.
final class RequestWitness: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    private(set) var methods: [HTTPMethod] = []
    private(set) var errors = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) { methods.append(head.method) }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        errors += 1
        context.fireErrorCaught(error)
    }
}
