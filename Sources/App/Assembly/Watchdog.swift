internal import Dispatch
internal import Exit
internal import Glibc
internal import Logging
internal import Telemetry

/// Ends the process if an orderly stop does not: the operator waits for the stop.
enum Watchdog {
    /// Exits with the code of an internal error after this time, if the process still runs.
    ///
    /// Runs on a thread of Dispatch, because it may be the tasks that hang.
    static func exit(after limit: Duration, _ telemetry: Telemetry) {
        let milliseconds = Int(limit / .milliseconds(1))
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { @Sendable in
            telemetry.logger.log(.error, .drainTimedOut)
            telemetry.sink.flush()
            _exit(ExitStatus.internalError.rawValue)
        }
    }
}
