import Testing

@testable import Configuration

/// The tree of a JSON document: what it keeps, and where an error says that the text is broken.
@Suite struct JSONNodeTests {
    private static func failure(_ json: [UInt8]) -> String {
        do {
            _ = try JSONNode.read(json)
            return "read"
        } catch {
            return "\(error.line):\(error.column) \(error.text)"
        }
    }

    @Test(arguments: [
        ("", "1:1 expected a value, found the end of the file"),
        ("{\n \"b\" 2}", #"2:6 expected ':', found "2""#),
        ("{\"a\":1,}", #"1:8 expected a string, found "}""#),
        ("[1 2]", #"1:4 expected ',' or ']', found "2""#),
        ("{} {}", "1:4 text after the value"),
        ("[01]", "1:4 a number starts with 0"),
        ("[1.]", #"1:4 expected a digit, found "]""#),
        ("[-]", #"1:3 expected a value, found "]""#),
        ("[tru]", #"1:5 expected a value, found "]""#),
        ("[\"a]", "1:2 a string that does not end"),
        (#"["\n]"#, "1:2 a string that does not end"),
        ("[\"a\n\"]", "1:4 a control character in a string"),
        (#"["\x"]"#, "1:5 unknown escape"),
        (#"["\ud800"]"#, "1:9 a lone surrogate"),
        (#"["\u00g0"]"#, "1:7 expected four hexadecimal digits, found \"g\""),
    ])
    func brokenTextIsPlaced(json: String, expected: String) { #expect(Self.failure(Array(json.utf8)) == expected) }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(Self.failure([0x22, 0xC3, 0x28, 0x22]) == "1:2 bytes that are not valid UTF-8")
    }

    @Test func nestingIsBounded() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(Self.failure(deep) == "1:33 nested deeper than 32")
    }

    @Test func stringsAreUnescaped() throws {
        let node = try JSONNode.read(Array(#""a\n\u00e9\ud83d\ude00\/""#.utf8))
        #expect(node.string == "a\né😀/")
    }

    @Test func numbersKeepTheirText() throws {
        #expect(try JSONNode.read(Array("-1.50e+3".utf8)).value == .number("-1.50e+3"))
    }
}
