internal import Configuration
internal import Exit
internal import Logging
internal import NIOSSL
internal import Net
internal import ProcessControl
internal import Telemetry

/// Binds the ports of the configuration; servers with the same address share one listener.
struct Binder {
    let conf: SiteConf
    let loops: Loops
    let chat: ChatServer
    let proxies: TrustedProxies
    let accessLog: AccessLog?
    let ops: OpsRoutes
    let predecessor: Predecessor
    /// The maximum number of sockets of a page server.
    let pageSocketsMax: Int
    let logger: Logger

    /// The listeners by the name of their server, and the ports for the log.
    struct Bound {
        var listeners: [String: Listener] = [:]
        var ports: Logger.Metadata = [:]
        /// The TLS identities of the servers that have TLS.
        var identities: [String: TLSIdentity] = [:]
        /// The pipelines that answer plain requests.
        var pages: [HTTPPipeline] = []
    }

    /// Binds all ports, or throws the first failure with its address; accepts no clients yet.
    func bind() async throws -> Bound {
        var bound = Bound()
        let chatPort = try await bindChat(&bound)
        if let html = conf.htmlServer, !html.address.isSame(as: conf.wsServer.address) {
            let sharesOps = conf.opsServer?.address.isSame(as: html.address) ?? false
            let routes = pageRoutes(html, chatPort: chatPort).merging(sharesOps ? ops.routes : HTTPRoutes())
            let pages = pipeline(routes, strictTransport(html), accesses)
            let port = try await bindPages(pages, html.address, tls: html.tls.files, "html_server", &bound)
            note(port, "html_port", &bound)
            if sharesOps { note(port, "ops_port", &bound) }
        }
        if let opsServer = conf.opsServer, bound.ports["ops_port"] == nil {
            let pages = pipeline(ops.routes, nil, nil)
            note(try await bindPages(pages, opsServer.address, tls: nil, "ops_server", &bound), "ops_port", &bound)
        }
        return bound
    }

    /// Binds the WebSocket server, with the pages and the health checks that share its address.
    private func bindChat(_ bound: inout Bound) async throws -> Int {
        let address = conf.wsServer.address
        var shared: HTTPRoutes?
        var (strictTransport, accesses) = (StrictTransport?.none, HTTPAccessReport?.none)
        if let html = conf.htmlServer, html.address.isSame(as: address) {
            shared = pageRoutes(html, chatPort: address.port)
            (strictTransport, accesses) = (self.strictTransport(html), self.accesses)
            note(address.port, "html_port", &bound)
        }
        if let opsServer = conf.opsServer, opsServer.address.isSame(as: address) {
            shared = (shared ?? HTTPRoutes()).merging(ops.routes)
            note(address.port, "ops_port", &bound)
        }
        let tls = try identity(conf.wsServer.tls.files, "ws_server", &bound)
        let pages = shared.map { pipeline($0, strictTransport, accesses) }
        bound.pages += pages.map { [$0] } ?? []
        let listener = try await listen(address, "ws_server") {
            try await chat.bind($0, tls: tls, pages: pages)
        }
        bound.listeners["ws_server"] = listener
        note(listener.port, "ws_port", &bound)
        return listener.port
    }

    private func bindPages(
        _ pages: HTTPPipeline, _ address: SocketAddressConf, tls: TLSFiles?, _ name: String, _ bound: inout Bound
    ) async throws -> Int {
        var limits = conf.netLimits
        limits.socketsMax = pageSocketsMax
        let server = PageServer(loops: loops, limits: limits, proxies: proxies)
        let identity = try identity(tls, name, &bound)
        let listener = try await listen(address, name) {
            try await server.bind($0, tls: identity, pages: pages)
        }
        bound.listeners[name] = listener
        bound.pages.append(pages)
        return listener.port
    }

    private func pipeline(
        _ routes: HTTPRoutes, _ strictTransport: StrictTransport?, _ accesses: HTTPAccessReport?
    ) -> HTTPPipeline {
        var limits = HTTPLimits()
        // With few descriptors, one address must not take all of them.
        limits.connectionsPerAddressMax = min(limits.connectionsPerAddressMax, max(1, pageSocketsMax / 4))
        let pipeline = HTTPPipeline(
            routes: routes, limits: limits, strictTransport: strictTransport, proxies: proxies, accesses: accesses,
            metrics: loops.metrics)
        pipeline.setConnectionsPerAddressMax(conf.netLimits.connectionsPerAddressMax)
        return pipeline
    }

    private func note(_ port: Int, _ name: String, _ bound: inout Bound) {
        bound.ports[name] = .stringConvertible(port)
    }

    private func pageRoutes(_ html: HTMLServerConf, chatPort: Int) -> HTTPRoutes {
        let address: WebSocketAddress =
            html.wsURL.map { .url($0) } ?? .sameHost(port: chatPort, tls: conf.wsServer.tls.files != nil)
        return PageRoutes(webSocket: address).routes
    }

    private func strictTransport(_ html: HTMLServerConf) -> StrictTransport? {
        html.strictTransportSeconds.map {
            StrictTransport(seconds: $0, isEncrypted: html.tls.files != nil, proxies: proxies)
        }
    }

    private var accesses: HTTPAccessReport? {
        accessLog.map { accessLog in HTTPAccessReport { accessLog.record($0) } }
    }

    private func identity(_ tls: TLSFiles?, _ name: String, _ bound: inout Bound) throws -> TLSIdentity? {
        guard let tls else { return nil }
        let identity = TLSIdentity(try Self.context(tls, name))
        bound.identities[name] = identity
        return identity
    }

    /// Reads the TLS files of a server.
    static func context(_ tls: TLSFiles, _ name: String) throws(ExitFailure) -> NIOSSLContext {
        do { return try tls.context() } catch {
            throw ExitFailure(.configuration, "\(name): the TLS files cannot be used: \(error)")
        }
    }

    /// Why a server cannot listen and how to correct it; `host` and `port` name the settings.
    static func advice(on error: any Error, host: String, port: String) -> String {
        switch error as? ListenError {
        case .inUse: "another process listens there; stop it, or set \(port) to another port (0 takes a free one)"
        case .notPermitted:
            "this user may not; set \(port) to 1024 or above, or start as root and set user, or give the capability"
                + " CAP_NET_BIND_SERVICE"
        case .notOfThisMachine:
            "this machine does not have the address; set \(host) to one that it has, or to 0.0.0.0 or :: for all"
        case .unknownHost: "the name has no address; set \(host) to an address of this machine"
        case .other(let reason): reason
        case nil: "\(error)"
        }
    }

    private func listen(
        _ address: SocketAddressConf, _ name: String, _ bind: (ListenAddress) async throws -> Listener
    ) async throws -> Listener {
        do {
            let listener = try await bind(
                ListenAddress(
                    host: address.host, port: address.port, reusePort: conf.wsServer.reusePort,
                    inherited: predecessor.takeListener(name)))
            logger.log(
                .info, .listening,
                ["server": "\(name)", "host": "\(address.host)", "port": .stringConvertible(listener.port)])
            return listener
        } catch {
            throw ExitFailure(
                .configuration,
                "\(name): cannot listen on \(address.host):\(address.port): "
                    + Self.advice(on: error, host: "\(name).host", port: "\(name).port"))
        }
    }
}
