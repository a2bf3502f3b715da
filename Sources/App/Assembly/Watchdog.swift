internal import Dispatch
internal import Glibc
internal import Logging

/// Ends the process when an orderly stop does not: whoever stops a server waits for it.
enum Watchdog {
    /// Exits with the code of an internal error after the time, if the process still lives.
    ///
    /// On a thread of Dispatch, for what hangs may be the tasks.
    static func exit(after limit: Duration, _ telemetry: Telemetry) {
        let milliseconds = Int(limit / .milliseconds(1))
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { @Sendable in
            telemetry.logger.log(.error, .drainTimedOut)
            telemetry.sink.flush()
            _exit(ExitStatus.internalError.rawValue)
        }
    }
}
