internal import DB
internal import ServiceLifecycle

/// Restarts the embedded PostgreSQL whenever it has ended, until the server stops.
struct ClusterSupervisor: Service {
    let cluster: EmbeddedCluster

    func run() async { await cancelWhenGracefulShutdown { await cluster.run() } }
}
