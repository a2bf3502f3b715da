import Foundation
import Net
import Rooms
import Testing

@testable import Configuration

/// Every declaration of a setting.
@Suite struct SettingsTests {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../..").standardizedFileURL

    private static func read(_ json: String) throws -> SiteConf {
        try SiteConfReader.read(
            JSONNode.read(Array(json.utf8)), directory: "", environmentURL: nil, source: "site_conf.json")
    }

    /// The document that gives one setting a value.
    private static func document(_ setting: Setting, _ value: String) -> String {
        let parts = setting.path.split(separator: ".")
        return parts.reversed().reduce(value) { "{\"\($1)\":\($0)}" }
    }

    @Test func pathsAreUnique() { #expect(Set(Settings.all.map(\.path)).count == Settings.all.count) }

    @Test func settingsAreInTheirSections() {
        for group in Settings.groups {
            for setting in group.settings {
                #expect(setting.path == (group.section.map { "\($0).\(setting.key)" } ?? setting.key))
            }
        }
    }

    /// The default that is shown is the default that is used.
    @Test(arguments: Settings.all.map(\.path))
    func aSettingThatIsGivenItsDefaultChangesNothing(path: String) throws {
        let setting = try #require(Settings.all.first { $0.path == path })
        #expect(try Self.read(Self.document(setting, setting.defaultValue)) == Self.read("{}"))
    }

    /// A default that follows from other settings is the one with which `NetLimits` and `RoomLimits` begin.
    @Test func defaultsOfTheLimitsAreThoseOfTheConfiguration() throws {
        for json in ["{}", #"{"limits":{},"html_server":{},"ws_server":{},"ops_server":{}}"#] {
            let conf = try Self.read(json)
            #expect(conf == SiteConf())
            #expect(conf.netLimits == NetLimits())
            #expect(conf.roomLimits == RoomLimits())
        }
    }

    @Test func theExampleGivesEachSettingItsDefault() throws {
        let text = try String(contentsOf: Self.repository.appending(path: "site_conf.json"), encoding: .utf8)
        #expect(try Self.read(text) == Self.read("{}"))
        let example = try JSONNode.read(Array(text.utf8))
        for setting in Settings.all {
            let node = setting.path.split(separator: ".").reduce(JSONNode?.some(example)) { $0?[String($1)] }
            #expect(node != nil, "site_conf.json does not name \(setting.path)")
        }
    }

    @Test func explanationsAreSentences() {
        for setting in Settings.all {
            #expect(setting.explanation.hasSuffix("."), "\(setting.path)")
            #expect(!setting.explanation.contains("|"), "\(setting.path): a bar ends the cell of a table")
        }
    }
}
