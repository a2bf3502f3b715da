/// The place of this process in a chain of restarts.
struct ServerProcess: Sendable {
    /// What to start in its place.
    var program: Program
    /// Whose place it takes.
    var predecessor: Predecessor
}
