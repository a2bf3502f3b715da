internal import Logging

extension Logger {
    /// Logs an event of the closed list.
    func log(_ level: Logger.Level, _ event: EventName, _ metadata: @autoclosure () -> Logger.Metadata = [:]) {
        self.log(level: level, "\(event.rawValue)", metadata: metadata())
    }
}
