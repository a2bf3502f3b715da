import Configuration
import Testing

@testable import App
@testable import Exit

/// What `App check --explain` says of a setting, a section, and what is neither.
@Suite struct SettingExplanationTests {
    @Test func aSettingIsExplained() throws {
        #expect(
            try SettingExplanation.lines(of: "limits.ping_interval_s") == [
                "limits.ping_interval_s",
                "  type: number or null",
                "  range: 0.1 to 3600, or null or 0 to turn it off",
                "  default: 25",
                "  unit: seconds",
                "  change: SIGHUP, for new connections",
                "  A client that was silent for this time is pinged.",
            ])
        #expect(
            try SettingExplanation.lines(of: "limits.messages_burst").contains("  range: 1 to 1000000"))
        #expect(
            try SettingExplanation.lines(of: "limits.session_messages_burst")
                .contains("  default: 600 (ten times messages_burst)"))
        #expect(try SettingExplanation.lines(of: "db_pool_size").contains("  change: needs a restart"))
    }

    @Test(arguments: ["limits", "html_server", "ops_server", "ws_server"])
    func aSectionIsAllItsSettings(section: String) throws {
        let names = try SettingExplanation.lines(of: section).filter { !$0.isEmpty && !$0.hasPrefix(" ") }
        #expect(names == Settings.all.map(\.path).filter { $0 == section || $0.hasPrefix(section + ".") })
        #expect(names.count > 2)
    }

    @Test(arguments: [
        ("limits.ping_intervall_s", "did you mean \"limits.ping_interval_s\"?"),
        ("limit", "did you mean \"limits\"?"), ("burst", "the sections are ws_server, html_server, ops_server, limits"),
        ("hsts_s", "did you mean \"html_server.hsts_s\"?"),
        ("", "the sections are ws_server, html_server, ops_server, limits"),
    ])
    func anUnknownPathIsAUsageError(path: String, advice: String) {
        #expect(throws: ExitFailure(.usage, "unknown setting \"\(path)\"; \(advice)")) {
            try SettingExplanation.lines(of: path)
        }
    }
}
