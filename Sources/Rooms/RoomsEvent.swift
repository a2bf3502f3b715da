internal import Logging

/// The log events of this module. `docs/logging.md` lists each with its fields.
package enum RoomsEvent: String, Sendable, CaseIterable {
    case storeWaiting = "store_waiting"
    case messageNotStored = "message_not_stored"
    case inboxWaiting = "inbox_waiting"
    case roomUnreadable = "room_unreadable"
}

extension Logger {
    /// Logs an event of this module.
    func log(_ level: Logger.Level, _ event: RoomsEvent, _ metadata: @autoclosure () -> Logger.Metadata) {
        log(level: level, "\(event.rawValue)", metadata: metadata())
    }
}
