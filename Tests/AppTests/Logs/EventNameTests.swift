import Foundation
import Testing

@testable import App

/// The list of events is closed: what the code logs is on it, and what is on it is documented.
@Suite struct EventNameTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The constant first argument of each call that logs, in all modules.
    private static func loggedMessages() throws -> [String] {
        let call = #/log(?:ger)?\.(?:log\(\s*[^,"]+,\s*|(?:debug|info|notice|warning|error|critical)\(\s*)"([^"]*)"/#
        let files = FileManager.default.enumerator(at: root.appending(path: "Sources"), includingPropertiesForKeys: nil)
        var messages: [String] = []
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            messages += try String(contentsOf: file, encoding: .utf8).matches(of: call).map { String($0.output.1) }
        }
        return messages
    }

    @Test func everyMessageOfTheCodeIsOnTheList() throws {
        let messages = try Self.loggedMessages()
        #expect(messages.count >= 4)
        for message in messages { #expect(EventName(message: message) != nil, "\(message)") }
    }

    @Test(arguments: EventName.allCases)
    func everyEventIsDocumented(event: EventName) throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/logging.md"), encoding: .utf8)
        #expect(page.contains("\n| `\(event.rawValue)` |"))
    }

    @Test func nothingElseIsDocumented() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/logging.md"), encoding: .utf8)
        let documented = page.matches(of: #/\n\| `([a-z_]+)` \|/#).map { String($0.output.1) }
        #expect(Set(documented) == Set(EventName.allCases.map(\.rawValue)))
    }
}
