internal import Testing

@testable internal import Net

@Suite struct QueryStringTests {
    @Test(arguments: [
        ("/", nil), ("/?", nil), ("/?a", ""), ("/?a=", ""), ("/?a=b", "b"), ("/?x=1&a=b&y=2", "b"), ("/?a=b=c", "b=c"),
        ("/?a=b?c", "b?c"), ("/?a=%41%c3%A9", "Aé"), ("/?a=b+c%2B", "b c+"), ("/?%61=b", "b"), ("a=b", nil),
        ("/?A=b", nil),
    ])
    func readsAParameter(uri: String, value: String?) throws {
        #expect(try QueryString(uri: uri)["a"] == value)
    }

    @Test(arguments: [
        "/?a=1&a=2", "/?a&a", "/?%61=1&a=2", "/?a=%", "/?a=%1", "/?a=%1x", "/?%zz", "/?a=%80", "/?a=%ed%a0%80",
    ])
    func refusesDoubledNamesAndBrokenEscapes(uri: String) {
        #expect(throws: UpgradeRefusal.self) { try QueryString(uri: uri) }
    }
}
