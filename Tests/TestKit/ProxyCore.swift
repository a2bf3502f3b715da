internal import NIOCore
internal import NIOPosix

/// The state and the faults of a `FaultProxy`; on its event loop.
final class ProxyCore {
    private enum Mode {
        case forwarding
        case stalled
        case hole
    }

    private let socket: String
    private var mode = Mode.forwarding
    private var links: [ObjectIdentifier: ProxyLink] = [:]
    private var wanted: (statement: String, swallowed: EventLoopPromise<Void>)?

    /// A proxy to the Unix socket of this path.
    init(socket: String) { self.socket = socket }

    /// Accepts a client, from which nothing is read yet, and connects it to the server.
    func accept(_ client: any Channel) throws {
        let link = ProxyLink(client: client)
        links[ObjectIdentifier(link)] = link
        try client.pipeline.syncOperations.addHandler(
            ProxyEnd(
                received: { [unowned self] in fromClient($0, link) },
                ended: { [unowned self] in
                    link.end()
                    links[ObjectIdentifier(link)] = nil
                }))
        guard mode != .hole else { return link.isSwallowed = true }
        let bound = NIOLoopBound((core: self, link: link), eventLoop: client.eventLoop)
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let link = bound.value.link
                    try channel.pipeline.syncOperations.addHandler(
                        ProxyEnd(received: { link.fromServer($0) }, ended: { link.end() }))
                }
            }
            .connect(unixDomainSocketPath: socket)
            .whenComplete { result in
                let (core, link) = bound.value
                guard case .success(let server) = result else { return link.end() }
                link.connected(server)
                if core.mode == .forwarding { link.read(true) }
            }
    }

    func stall() {
        mode = .stalled
        for link in links.values { link.read(false) }
    }

    func goOn() {
        mode = .forwarding
        for link in links.values { link.read(true) }
    }

    func openHole() {
        mode = .hole
        for link in links.values {
            link.isSwallowed = true
            link.read(false)
        }
    }

    func closeHole() {
        mode = .forwarding
        for link in links.values where link.isSwallowed { link.cut() }
    }

    func cut() { for link in links.values { link.cut() } }

    func swallowReply(to statement: String, _ swallowed: EventLoopPromise<Void>) {
        precondition(wanted == nil, "one reply at a time is swallowed")
        wanted = (statement, swallowed)
    }

    private func fromClient(_ bytes: ByteBuffer, _ link: ProxyLink) {
        let executed = link.statements.take(bytes)
        if let wanted, executed.contains(wanted.statement) {
            self.wanted = nil
            link.swallowReply { wanted.swallowed.succeed() }
        }
        link.fromClient(bytes)
    }
}
