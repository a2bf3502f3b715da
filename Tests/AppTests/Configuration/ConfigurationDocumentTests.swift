import Configuration
import Foundation
import Testing

/// The tables of `docs/configuration.md` are made from the declarations of the settings.
@Suite struct ConfigurationDocumentTests {
    private static let page = SettingsTests.repository.appending(path: "docs/configuration.md")
    private static let writing = "ROOMCAST_WRITE_DOCS=1 swift test --filter ConfigurationDocumentTests"

    private static func table(_ group: SettingGroup) -> [String] {
        ["| key | type | range | default | unit | change | meaning |", "|---|---|---|---|---|---|---|"]
            + group.settings.map { setting in
                let cells = [
                    "`\(setting.key)`", setting.type, setting.allowed,
                    "`\(setting.defaultValue)`" + (setting.defaultNote.map { " (\($0))" } ?? ""), setting.unit ?? "",
                    setting.effect.rawValue, setting.explanation,
                ]
                return "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
            }
    }

    /// Where the first table under a heading of this title is; nil if there is none before the next heading.
    private static func place(of group: SettingGroup, in lines: [String]) -> Range<Int>? {
        guard let heading = lines.firstIndex(where: { $0 == "## \(group.title)" || $0 == "### \(group.title)" }),
            let start = lines[(heading + 1)...].firstIndex(where: { $0.hasPrefix("|") || $0.hasPrefix("#") }),
            lines[start].hasPrefix("|")
        else { return nil }
        return start..<(lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex)
    }

    @Test func theTablesAreThoseOfTheDeclarations() throws {
        let written = try String(contentsOf: Self.page, encoding: .utf8)
        var lines = written.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        for group in Settings.groups {
            let place = try #require(
                Self.place(of: group, in: lines),
                "docs/configuration.md needs the heading \"\(group.title)\" with a table under it")
            let table = Self.table(group)
            if lines[place] != table[...] {
                let isWritten = ProcessInfo.processInfo.environment["ROOMCAST_WRITE_DOCS"] != nil
                #expect(
                    isWritten,
                    "The table \"\(group.title)\" of docs/configuration.md is not that of the declarations; to write it: \(Self.writing)"
                )
            }
            lines.replaceSubrange(place, with: table)
        }
        if ProcessInfo.processInfo.environment["ROOMCAST_WRITE_DOCS"] != nil {
            try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
        }
    }
}
