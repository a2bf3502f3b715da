internal import Foundation
internal import Testing

/// Runs every input that is kept, found ones among them, without libFuzzer: what once held or was mended stays so.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func rulesHoldForTheCorpus(_ target: FuzzTarget) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Corpus/\(target.rawValue)")
        let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!inputs.isEmpty)
        for input in inputs.sorted(by: { $0.path < $1.path }) {
            let bytes = try Array(Data(contentsOf: input))
            #expect(throws: Never.self, "\(target.rawValue)/\(input.lastPathComponent)") { try target.run(bytes) }
        }
    }

    /// The least of all inputs.
    @Test(arguments: FuzzTarget.allCases)
    func rulesHoldForNothing(_ target: FuzzTarget) throws { try target.run([]) }
}
