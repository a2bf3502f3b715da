internal import Exit
internal import Glibc

extension LoadRun {
    /// Writes a line about the run to stderr: on a terminal every second, over the last line; elsewhere every 5 s.
    func showProgress(since begin: ContinuousClock.Instant) async {
        let isTerminal = isatty(STDERR_FILENO) == 1
        let interval = isTerminal ? 1.0 : 5.0
        var receivedBefore = 0
        // Cancellation is the only way to leave the sleep early.
        while (try? await Task.sleep(for: .seconds(interval))) != nil {
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let rate = Double(counts.received - receivedBefore) / interval
            receivedBefore = counts.received
            let line = progressLine(seconds: seconds, receivedPerSecond: rate)
            if isTerminal {
                // Returns to the start of the line, and clears the rest of the last one.
                StandardError.write("\r\(line)\u{1B}[K")
            } else {
                StandardError.print([line])
            }
        }
        if isTerminal { StandardError.write("\n") }
    }

    private func progressLine(seconds: Double, receivedPerSecond: Double) -> String {
        let connected = participants.count { $0.isAuthenticated }
        var line =
            "\(Int(seconds)) s  \(connected)/\(participants.count) connected  sent \(counts.sent)  stored \(counts.stored)"
            + "  received \(counts.received) (\(Int(receivedPerSecond))/s)  lost \(tally.lost)"
            + "  duplicated \(tally.duplicated)  out of order \(tally.outOfOrder)  reconnects \(counts.reconnects)"
        if connected < participants.count, let trouble {
            line += "  last trouble: " + String(trouble.prefix(120).map { $0.isASCII && $0 >= " " ? $0 : "?" })
        }
        return line
    }
}
