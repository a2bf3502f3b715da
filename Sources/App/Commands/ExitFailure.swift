internal import ArgumentParser
internal import Configuration
internal import Foundation

/// Why a command failed.
struct ExitFailure: Error, Equatable {
    /// The exit code.
    var status: ExitStatus
    /// What is printed on stderr, one line each; never a secret.
    var lines: [String]

    /// A failure with the lines that explain it.
    init(_ status: ExitStatus, _ lines: String...) {
        self.status = status
        self.lines = lines
    }

    /// A configuration that cannot be used.
    init(_ errors: ConfigErrors) {
        status = .configuration
        lines = errors.lines
    }

    /// Runs the body of a command; a failure is printed on stderr and becomes the exit code.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as ExitFailure {
            StandardError.print(failure.lines)
            throw ExitCode(failure.status.rawValue)
        } catch let code as ExitCode {
            throw code
        } catch let error as ValidationError {
            throw error
        } catch {
            StandardError.print(["internal error: \(error)"])
            throw ExitCode(ExitStatus.internalError.rawValue)
        }
    }
}
