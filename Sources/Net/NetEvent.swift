internal import Logging

/// The log events of this module. `docs/logging.md` lists each with its fields.
package enum NetEvent: String, Sendable, CaseIterable {
    case clientRefused = "client_refused"
}

extension Logger {
    /// Logs an event of this module.
    func log(_ level: Logger.Level, _ event: NetEvent, _ metadata: @autoclosure () -> Logger.Metadata) {
        log(level: level, "\(event.rawValue)", metadata: metadata())
    }
}
