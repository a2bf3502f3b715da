internal import Rooms
internal import TestKit
internal import Testing

@Suite struct CommandTests {
    private func read(_ text: String) throws(WireError) -> Command { try Command.read(Array(text.utf8)) }

    private func refusal(_ text: String) -> WireError? {
        do {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#"{"message":"hi"}"#, Command.message(text: "hi", id: nil)),
        (#" { "message" : "hi" } "#, .message(text: "hi", id: nil)),
        ("\r\n\t{\"message\":\n\"hi\"\r}\t", .message(text: "hi", id: nil)),
        (#"{"message":"hi","id":"a1"}"#, .message(text: "hi", id: "a1")),
        (#"{"id":"a1","message":"hi"}"#, .message(text: "hi", id: "a1")),
        (#"{"message":"hi","id":null}"#, .message(text: "hi", id: nil)),
        (#"{"message":" "}"#, .message(text: " ", id: nil)),
        (#"{"message":"Grüße 👋🏽"}"#, .message(text: "Grüße 👋🏽", id: nil)),
        (#"{"message":"\"\\\/\b\f\n\r\t"}"#, .message(text: "\"\\/\u{8}\u{C}\n\r\t", id: nil)),
        (#"{"message":"\u00e9\u20AC\ud83d\uDE00"}"#, .message(text: "é€😀", id: nil)),
        (#"{"message":"\udbff\udfff"}"#, .message(text: "\u{10FFFF}", id: nil)),
        (#"{"mess\u0061ge":"hi"}"#, .message(text: "hi", id: nil)),
        (#"{"session_key":"k"}"#, .sessionKey("k")),
        (#"{"session_key":"k","id":"a1"}"#, .sessionKey("k")),
        (#"{"session_key":"k","message":"hi"}"#, .message(text: "hi", id: nil)),
        (#"{"message":"hi","id":"a1","session_key":7}"#, .message(text: "hi", id: "a1")),
        (#"{"session_key":"k","history":{}}"#, .history(before: nil, limit: nil)),
        (#"{"message":42}"#, .message(text: "42", id: nil)),
        (#"{"session_key":"k","message":0.5488135039273248}"#, .message(text: "0.5488135039273248", id: nil)),
        (#"{"message": -0.5e3 ,"id":"a1"}"#, .message(text: "-0.5e3", id: "a1")),
        (#"{"message":-0}"#, .message(text: "-0", id: nil)),
        (#"{"message":1E+400}"#, .message(text: "1E+400", id: nil)),
        (#"{"message":123456789012345678901234567890}"#, .message(text: "123456789012345678901234567890", id: nil)),
        (#"{"history":{}}"#, .history(before: nil, limit: nil)),
        (#"{"history":{"before":12,"limit":5}}"#, .history(before: 12, limit: 5)),
        (#"{"history":{"limit":5,"more":[{}],"x":{"before":3}}}"#, .history(before: nil, limit: 5)),
        (#"{"history":{"before":9223372036854775807}}"#, .history(before: .max, limit: nil)),
    ])
    func readsWhatClientsSay(text: String, command: Command) throws {
        #expect(try read(text) == command)
    }

    @Test(arguments: [
        #"{"x":1,"message":"hi"}"#, #"{"message":"hi","x":[1,2,{"y":[]}]}"#, #"{"x":{},"y":[],"message":"hi"}"#,
        #"{"x":-0.5e+10,"y":1E9,"z":0,"message":"hi"}"#, #"{"x":true,"y":false,"z":null,"message":"hi"}"#,
        #"{"":"","message":"hi"}"#, #"{"x":123456789012345678901234567890,"message":"hi"}"#,
        #"{"x":1e999999,"message":"hi"}"#, #"{"user":"Eve","room":7,"message":"hi"}"#,
        #"{"x":{"message":"no","id":"no"},"message":"hi"}"#,
    ])
    func ignoresFieldsItDoesNotKnow(text: String) throws {
        #expect(try read(text) == .message(text: "hi", id: nil))
    }

    @Test func takesTheLastOfADoubledKey() throws {
        #expect(try read(#"{"message":"one","message":"two"}"#) == .message(text: "two", id: nil))
        #expect(try read(#"{"message":"one","message":2}"#) == .message(text: "2", id: nil))
        #expect(refusal(#"{"message":"one","message":true}"#)?.code == .badMessage)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[]", "[{}]", "null", "true", "1", "\"message\"", "hello", "{message:1}", "{'a':1}",
        #"{"message"}"#, #"{"message":}"#, #"{"message":"hi""#, #"{"message":"hi"#, #"{"message":"hi",}"#,
        #"{,"message":"hi"}"#, #"{"message" "hi"}"#, #"{"message":"hi"} x"#, #"{"message":"hi"}{}"#,
        #"{"message":"hi"}]"#, #"{"a":1 "b":2}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":[}"#, #"{"a":[1}"#,
        #"{"a":01}"#, #"{"a":-01}"#, #"{"a":-}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1e}"#,
        #"{"a":1e+}"#, #"{"a":0x10}"#, #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":tru}"#, #"{"a":nul}"#,
        #"{"a":True}"#, #"{"a":truefalse}"#, #"{"a":"\x"}"#, #"{"a":"\"#, #"{"a":"\u12"}"#, #"{"a":"\u12g4"}"#,
        #"{"a":"\u"}"#, #"{"a":"\ud800"}"#, #"{"a":"\ud800x"}"#, #"{"a":"\ud800\n"}"#, #"{"a":"\ud800\ud800"}"#,
        #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#, #"{"a":"\udfff\ud800"}"#, "{\"a\":\"line\nbreak\"}",
        "{\"a\":\"\u{0}\"}", "{\"a\":\"\u{1F}\"}", "\u{FEFF}{\"message\":\"hi\"}", "{\"message\":\u{A0}\"hi\"}",
        "{/* no */}", "{\"message\":\"hi\"}\u{0}", "{1:2}", "{null:1}",
    ])
    func refusesWhatIsNoJSONObject(text: String) {
        #expect(refusal(text)?.code == .badJSON)
    }

    @Test(arguments: [
        #"{"message":""}"#, #"{"message":null}"#, #"{"message":true}"#, #"{"message":["hi"]}"#,
        #"{"message":{"text":"hi"}}"#, #"{"message":"a\u0000b"}"#, #"{"message":"hi","id":""}"#,
        #"{"message":"hi","id":7}"#, #"{"message":"hi","id":{}}"#, #"{"message":"hi","id":"\u0000"}"#,
        #"{"session_key":7}"#, #"{"session_key":null}"#, #"{"history":5}"#, #"{"history":null}"#,
        #"{"history":[]}"#, #"{"history":{"before":0}}"#, #"{"history":{"before":-1}}"#,
        #"{"history":{"before":1.5}}"#, #"{"history":{"before":"5"}}"#, #"{"history":{"before":null}}"#,
        #"{"history":{"before":9223372036854775808}}"#, #"{"history":{"limit":0}}"#,
        #"{"history":{"limit":2147483648}}"#, #"{"history":{"limit":1e2}}"#,
    ])
    func refusesFieldsOfTheWrongKind(text: String) {
        #expect(refusal(text)?.code == .badMessage)
    }

    @Test(arguments: [
        "{}", #"{"x":1}"#, #"{"id":"a"}"#, #"{"typing":true}"#, #"{"emoji":"👍"}"#, #"{"reply_to":5}"#,
    ])
    func refusesCommandsItDoesNotKnow(text: String) {
        #expect(refusal(text)?.code == .unknownCommand)
    }

    @Test(arguments: [
        (#"{"delete":5}"#, Command.change(target: 5, .delete, id: nil)),
        (#"{"delete":5,"id":"a","message":"not said"}"#, .change(target: 5, .delete, id: "a")),
        (#"{"edit":5,"message":"new","id":"a"}"#, .change(target: 5, .edit(text: "new"), id: "a")),
        (#"{"session_key":"k","edit":5,"message":7}"#, .change(target: 5, .edit(text: "7"), id: nil)),
        (#"{"react":5,"emoji":"👍"}"#, .change(target: 5, .react(emoji: "👍", isOn: true), id: nil)),
        (#"{"react":5,"emoji":"x","on":false}"#, .change(target: 5, .react(emoji: "x", isOn: false), id: nil)),
        (#"{"message":"hi","reply_to":5}"#, .message(text: "hi", id: nil, replyTo: 5)),
        (#"{"message":"hi","reply_to":null}"#, .message(text: "hi", id: nil)),
    ])
    func readsChangesAndReplies(text: String, command: Command) throws {
        #expect(try read(text) == command)
    }

    @Test(arguments: [
        #"{"delete":0}"#, #"{"delete":"5"}"#, #"{"delete":null}"#, #"{"delete":1.5}"#, #"{"delete":{"seq":5}}"#,
        #"{"edit":5}"#, #"{"edit":5,"message":""}"#, #"{"edit":5,"message":true}"#, #"{"edit":-1,"message":"a"}"#,
        #"{"react":5}"#, #"{"react":5,"emoji":""}"#, #"{"react":5,"emoji":7}"#, #"{"react":5,"emoji":"\u0000"}"#,
        #"{"react":5,"emoji":"👍","on":1}"#, #"{"react":5,"emoji":"👍","on":null}"#,
        #"{"react":5,"emoji":"\#(String(repeating: "x", count: 65))"}"#,
        #"{"message":"hi","reply_to":0}"#, #"{"message":"hi","reply_to":"5"}"#, #"{"message":"hi","reply_to":1e1}"#,
    ])
    func refusesChangesAndRepliesOfTheWrongKind(text: String) {
        #expect(refusal(text)?.code == .badMessage)
    }

    @Test func namesTheMessageThatItRefuses() {
        #expect(refusal(#"{"message":"","id":"a1"}"#)?.clientID == "a1")
        #expect(refusal(#"{"id":"a1"}"#)?.clientID == "a1")
        #expect(refusal(#"{"message":"hi","id":7}"#)?.clientID == nil)
    }

    @Test func saysWhatAMessageMayBe() {
        #expect(refusal(#"{"message":true}"#)?.detail == #""message" is neither a string nor a number"#)
    }

    @Test(arguments: [
        (#"{"session_key":"k"}"#, "k", false), (#"{"session_key":"k","id":"a"}"#, "k", false),
        (#"{"session_key":"k","message":"hi"}"#, "k", true), (#"{"session_key":"k","message":""}"#, "k", true),
        (#"{"session_key":"k","history":5}"#, "k", true), (#"{"session_key":"k","typing":true}"#, "k", true),
    ])
    func findsTheKeyOfAFirstFrame(text: String, key: String, saysMore: Bool) throws {
        let found = try #require(Command.sessionKey(in: Array(text.utf8)))
        #expect(found.key == key)
        #expect(found.saysMore == saysMore)
    }

    @Test(arguments: [#"{"session_key":7}"#, #"{"session_key":null,"message":"hi"}"#, #"{"message":"hi"}"#, "{", ""])
    func findsNoKeyWhereThereIsNone(text: String) {
        #expect(Command.sessionKey(in: Array(text.utf8)) == nil)
    }

    @Test func saysWhereTheJSONBreaks() {
        #expect(refusal(#"{"a":1 "b":2}"#)?.detail == "the frame is no JSON object: expected ',' or '}' at byte 7")
    }

    @Test func countsTheCharactersOfAnID() throws {
        let longest = String(repeating: "ü", count: 64)
        #expect(try read(#"{"message":"hi","id":"\#(longest)"}"#) == .message(text: "hi", id: longest))
        #expect(refusal(#"{"message":"hi","id":"\#(longest)x"}"#)?.code == .tooLong)
    }

    @Test(arguments: ["[", "{\"a\":", "[[{\"b\":"]) func boundsTheDepth(opening: String) {
        let deep = #"{"x":"# + String(repeating: opening, count: 30_000)
        #expect(refusal(deep)?.detail.contains("nested deeper than 32") == true)
        let history = #"{"history":"# + String(repeating: #"{"before":"#, count: 30_000)
        #expect(refusal(history)?.code == .badJSON)
    }

    @Test func readsAsDeepAsItSays() throws {
        let arrays = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        #expect(try read(#"{"x":\#(arrays),"message":"hi"}"#) == .message(text: "hi", id: nil))
        #expect(refusal(#"{"x":[\#(arrays)],"message":"hi"}"#)?.code == .badJSON)
        let many = String(repeating: "[],{},", count: 100)
        #expect(try read(#"{"x":[\#(many)0],"message":"hi"}"#) == .message(text: "hi", id: nil))
    }

    /// No bytes whatever stop the process; what is taken for a message has a text that can be stored.
    @Test func survivesMutilatedInput() {
        let seeds = [
            #"{"message":"Grüße 👋🏽 \ud83d\ude00 \n","id":"a1","x":[1,-2.5e3,{"y":null}]}"#,
            #"{"history":{"before":123,"limit":50}}"#, #"{"session_key":"abc","x":[[[[]]]]}"#,
        ].map { Array($0.utf8) }
        let spice = Array(#"{}[]",:\u0dD8cC-+.eE0179 ntf"#.utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
        var random = SeededRandom(seed: 1)
        var messages = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(spice[Int.random(in: 0..<spice.count, using: &random)], at: index)
                case 2: bytes[index] = spice[Int.random(in: 0..<spice.count, using: &random)]
                default: bytes.removeLast(bytes.count - index)
                }
            }
            if case .message(let text, let id, _)? = try? Command.read(bytes) {
                messages += 1
                if text.isEmpty || text.utf8.contains(0) || id?.isEmpty == true { Issue.record("\(bytes)") }
            }
        }
        #expect(messages > 100)
    }
}
