import Testing

@testable import Configuration

/// Which known key is meant by a misspelt one.
@Suite struct EditDistanceTests {
    @Test(arguments: [
        ("kitten", "sitting", 3), ("", "abc", 3), ("prot", "port", 1), ("same", "same", 0), ("abc", "", 3),
    ])
    func distance(first: String, second: String, expected: Int) {
        #expect(EditDistance.between(first, second) == expected)
    }

    @Test func onlyANearWordIsSuggested() {
        #expect(EditDistance.nearest(to: "PORT", among: ["host", "port"]) == "port")
        #expect(EditDistance.nearest(to: "certificate", among: ["host", "port"]) == nil)
    }
}
