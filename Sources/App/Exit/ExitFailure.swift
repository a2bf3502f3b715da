/// Why a command failed.
package struct ExitFailure: Error, Equatable {
    /// The exit code.
    package var status: ExitStatus
    /// What is printed on stderr, one line each; never a secret.
    package var lines: [String]

    /// A failure with the lines that explain it.
    package init(_ status: ExitStatus, _ lines: String...) {
        self.status = status
        self.lines = lines
    }
}
