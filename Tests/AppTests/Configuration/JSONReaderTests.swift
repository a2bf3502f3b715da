import Testing

@testable import App

/// The JSON reader: what it keeps, and where it says a text is broken.
@Suite struct JSONReaderTests {
    private static func failure(_ json: [UInt8]) -> String {
        do {
            _ = try JSONReader.read(json)
            return "read"
        } catch {
            return "\(error.position.line):\(error.position.column) \(error.text)"
        }
    }

    @Test(arguments: [
        ("", "1:1 expected a value, found the end of the file"),
        ("{\n \"b\" 2}", #"2:6 expected ":" after the key, found "2""#),
        ("{\"a\":1,}", #"1:8 expected a key in quotes, found "}""#),
        ("[1 2]", #"1:4 expected "," or "]", found "2""#),
        ("{} {}", #"1:4 unexpected "{" after the end of the document"#),
        ("[01]", "1:4 a number must not begin with a zero"),
        ("[1.]", #"1:4 expected a digit after ".", found "]""#),
        ("[-]", #"1:3 expected a digit, found "]""#),
        ("[tru]", #"1:2 expected a value, found "t""#),
        ("[\"a]", "1:2 a string without its closing quote"),
        ("[\"a\n\"]", "1:4 a control character in a string; is a closing quote missing?"),
        (#"["\x"]"#, "1:5 an unknown escape in a string"),
        (#"["\ud800"]"#, "1:9 half of a surrogate pair in a string"),
        (#"["\u00g0"]"#, "1:5 expected four hexadecimal digits after \\u"),
    ])
    func brokenTextIsPlaced(json: String, expected: String) { #expect(Self.failure(Array(json.utf8)) == expected) }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(Self.failure([0x22, 0xC3, 0x28, 0x22]) == "1:1 a string that is not valid UTF-8")
    }

    @Test func nestingIsBounded() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(Self.failure(deep) == "1:18 nested deeper than 16 levels")
    }

    @Test func stringsAreUnescaped() throws {
        let node = try JSONReader.read(Array(#""a\n\u00e9\ud83d\ude00\/""#.utf8))
        #expect(node.string == "a\né😀/")
    }

    @Test func numbersKeepTheirText() throws {
        #expect(try JSONReader.read(Array("-1.50e+3".utf8)).value == .number("-1.50e+3"))
    }
}
