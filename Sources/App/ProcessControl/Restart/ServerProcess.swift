/// The place of this process in a chain of restarts.
package struct ServerProcess: Sendable {
    /// The program to start in its place.
    package var program: Program
    /// The process whose place it takes.
    package var predecessor: Predecessor

    /// Both are read from this process at its start.
    package init(program: Program, predecessor: Predecessor) {
        self.program = program
        self.predecessor = predecessor
    }
}
