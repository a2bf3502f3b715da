internal import DB
internal import ServiceLifecycle

/// Starts the embedded PostgreSQL again whenever it has ended, until the server stops.
struct ClusterSupervisor: Service {
    let cluster: EmbeddedCluster

    func run() async { await cancelWhenGracefulShutdown { await cluster.run() } }
}
