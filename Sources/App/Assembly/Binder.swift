internal import Logging
internal import NIOSSL
internal import Net

/// Binds the ports of the configuration; two servers with the same address share one listener.
struct Binder {
    let conf: SiteConf
    let loops: Loops
    let chat: ChatServer
    let routes: OpsRoutes

    /// Listens everywhere, or throws the first failure with the address it is about.
    func bind() async throws -> (listeners: [Listener], ports: Logger.Metadata) {
        let webAddress = conf.wsServer.address
        let sharesPort = conf.htmlServer.map { $0.address.isSame(as: webAddress) } ?? false
        let chatTLS = try context(conf.wsServer.tls, "ws_server")
        let shared = sharesPort ? conf.htmlServer.map { pages($0, chatPort: webAddress.port) } : nil
        let chatListener = try await explain(webAddress) {
            try await chat.bind(
                ListenAddress(host: webAddress.host, port: webAddress.port, reusePort: conf.wsServer.reusePort),
                tls: chatTLS, pages: shared)
        }
        var listeners = [chatListener]
        var ports: Logger.Metadata = ["ws_port": .stringConvertible(chatListener.port)]
        let server = PageServer(loops: loops, limits: conf.netLimits)
        if sharesPort {
            ports["html_port"] = .stringConvertible(chatListener.port)
        } else if let html = conf.htmlServer {
            let tls = try context(html.tls, "html_server")
            let listener = try await explain(html.address) {
                try await server.bind(
                    ListenAddress(host: html.address.host, port: html.address.port, reusePort: conf.wsServer.reusePort),
                    tls: tls, pages: pages(html, chatPort: chatListener.port))
            }
            listeners.append(listener)
            ports["html_port"] = .stringConvertible(listener.port)
        }
        if let ops = conf.opsServer {
            let listener = try await explain(ops.address) {
                try await server.bind(
                    ListenAddress(host: ops.address.host, port: ops.address.port), tls: nil,
                    pages: HTTPPipeline(routes: routes.routes))
            }
            listeners.append(listener)
            ports["ops_port"] = .stringConvertible(listener.port)
        }
        return (listeners, ports)
    }

    private func pages(_ html: HTMLServerConf, chatPort: Int) -> HTTPPipeline {
        let address: WebSocketAddress =
            html.wsURL.map { .url($0) } ?? .sameHost(port: chatPort, tls: conf.wsServer.tls != nil)
        return HTTPPipeline(routes: PageRoutes(webSocket: address).routes)
    }

    private func context(_ tls: TLSConf?, _ name: String) throws -> NIOSSLContext? {
        guard let tls else { return nil }
        do { return try tls.files.context() } catch {
            throw ExitFailure(.configuration, "\(name): the TLS files cannot be used: \(error)")
        }
    }

    private func explain(
        _ address: SocketAddressConf, _ bind: () async throws -> Listener
    ) async throws -> Listener {
        do { return try await bind() } catch {
            throw ExitFailure(.internalError, "cannot listen on \(address.host):\(address.port): \(error)")
        }
    }
}
