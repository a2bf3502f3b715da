package import Logging

extension Logger {
    /// Logs an event of the executable's modules.
    package func log(_ level: Logger.Level, _ event: AppEvent, _ metadata: @autoclosure () -> Logger.Metadata = [:]) {
        self.log(level: level, "\(event.rawValue)", metadata: metadata())
    }
}
