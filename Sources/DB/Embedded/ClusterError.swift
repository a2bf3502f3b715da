/// Why an embedded cluster does not run; `description` is one line for people.
package enum ClusterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No PostgreSQL (of the version that created the cluster) is installed.
    case notInstalled(String)
    /// The directory cannot be created, owned or reached, or another process holds it.
    case directory(String)
    /// `initdb`, the start or the stop failed; with the last lines of the program's output or of its log.
    case failed(step: String, output: String)

    /// One line.
    package var description: String {
        switch self {
        case .notInstalled(let reason), .directory(let reason): reason
        case .failed(let step, let output): "the embedded PostgreSQL: \(step) failed: \(output)"
        }
    }
}
