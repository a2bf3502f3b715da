internal import ArgumentParser

/// How long a session is valid: a whole number with a unit, such as `90s`, `30m`, `24h` or `7d`.
struct SessionLifetime: Sendable, Equatable, ExpressibleByArgument {
    /// 1 second to 100 years.
    let seconds: Int

    private static let secondsMax = 100 * 365 * 86_400

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = argument.last, let unit = units[last], let count = Int(argument.dropLast()), count > 0 else {
            return nil
        }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, seconds <= Self.secondsMax else { return nil }
        self.seconds = seconds
    }
}
