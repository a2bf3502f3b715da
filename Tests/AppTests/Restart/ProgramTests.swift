import Foundation
import Testing

@testable import ProcessControl

@Suite struct ProgramTests {
    private let running = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path

    @Test func linkIsKeptSoThatItMayBeSetToAnotherVersion() async throws {
        try await withDirectory { directory in
            let link = directory.appending(path: "current app")
            try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: running)
            #expect(Program.path(name: link.path) == link.path)
        }
    }

    @Test(arguments: ["App", "", "/bin/sh", "/nonexistent/App"])
    func nameThatIsNotThisProgramIsNotBelieved(name: String) {
        #expect(Program.path(name: name) == running)
    }
}
