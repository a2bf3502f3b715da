/// Why no new process has taken over.
enum RestartFailure: Error, Equatable, CustomStringConvertible {
    /// It could not be started; with the error text of the operating system.
    case notStarted(String)
    /// It ended before it was ready; with the exit code or signal.
    case ended(String)
    /// It was not ready in time, and was killed.
    case tooSlow
    /// This server had to stop meanwhile, and the new process was killed.
    case stopping

    /// The failure in words.
    var description: String {
        switch self {
        case .notStarted(let reason): "the new process could not be started: \(reason)"
        case .ended(let how): "the new process ended before it was ready: \(how)"
        case .tooSlow: "the new process was not ready within \(Successor.readyLimit)"
        case .stopping: "the server was told to stop"
        }
    }
}
