internal import ArgumentParser
internal import Configuration
internal import Exit

extension ExitFailure {
    /// A configuration that cannot be used.
    init(_ errors: ConfigErrors) {
        self.init(.configuration)
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
