import Foundation
import Testing

@testable import Telemetry

/// The list of events is closed: it is the documented one.
@Suite struct EventListTests {
    @Test func documentationListsExactlyTheEvents() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/logging.md"), encoding: .utf8)
        let documented = page.matches(of: #/\n\| `([a-z_]+)` \|/#).map { String($0.output.1) }
        #expect(documented.sorted() == EventList.names.sorted())
    }
}
