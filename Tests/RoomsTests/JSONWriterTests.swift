internal import Foundation
internal import Testing

@testable internal import Rooms

@Suite struct JSONWriterTests {
    private func string(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func integer(_ value: Int64) -> String {
        var json = JSONWriter()
        json.integer(value)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("", #""""#), ("hi", #""hi""#), ("a\"b", #""a\"b""#), ("a\\b", #""a\\b""#), ("/", #""/""#),
        ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{8}\u{C}", #""\u0000\u0008\u000c""#), ("\u{10}\u{1F}", #""\u0010\u001f""#),
        ("\u{7F}\u{80}", "\"\u{7F}\u{80}\""), ("é€😀", #""é€😀""#), ("</script>", #""</script>""#),
    ])
    func escapesWhatItMust(text: String, json: String) {
        #expect(string(text) == json)
    }

    @Test(arguments: [0, 1, 9, 10, 12_345, Int64.max, -1, -10, Int64.min]) func writesIntegers(value: Int64) {
        #expect(integer(value) == String(value))
    }

    @Test func writesTextsThatOthersReadBack() throws {
        let nasty =
            (0...0x2FF).compactMap(Unicode.Scalar.init).map(String.init)
            + [
                "\u{2028}\u{2029}", "x\u{FEFF}", "\u{FFFD}\u{FFFF}", "👩‍👩‍👧‍👦", "e\u{301}", "\u{10FFFF}", "\u{202E}abc",
                "a\r\nb",
            ]
        for text in nasty {
            let object = try JSONSerialization.jsonObject(
                with: Data(string(text).utf8), options: .fragmentsAllowed)
            let read = try #require(object as? String)
            #expect(Array(read.unicodeScalars) == Array(text.unicodeScalars))
        }
    }
}
