/// The place of this process in a chain of restarts.
struct ServerProcess: Sendable {
    /// The program to start in its place.
    var program: Program
    /// The process whose place it takes.
    var predecessor: Predecessor
}
