internal import ServiceLifecycle

/// Writes gathered log lines every 100 ms while the server runs, and once more when it stops.
struct LogFlusher: Service {
    /// The sink to flush.
    var sink: LogSink

    /// Flushes until the task is cancelled or the server shuts down.
    func run() async {
        await cancelWhenGracefulShutdown {
            // Cancellation is the only way to leave the sleep early.
            while (try? await Task.sleep(for: .milliseconds(100))) != nil { sink.flush() }
        }
        sink.flush()
    }
}
