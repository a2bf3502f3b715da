internal import Logging
internal import Net
internal import ServiceLifecycle
internal import Telemetry

/// The WebSocket echo of `App echo`.
struct EchoService: Service {
    let port: Int
    let limits: NetLimits
    let telemetry: Telemetry

    func run() async throws {
        let metrics = NetMetrics(factory: telemetry.registry)
        let loops = Loops(count: 1, limits: limits, metrics: metrics)
        let listener = try await EchoServer(loops: loops, limits: limits, metrics: metrics).bind(
            ListenAddress(host: "127.0.0.1", port: port))
        telemetry.logger.log(.info, .ready, ["ws_port": .stringConvertible(listener.port)])
        telemetry.sink.writeSoon()
        try? await gracefulShutdown()
        await listener.close()
    }
}
