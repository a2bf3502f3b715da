internal import Foundation
internal import Rooms
internal import Testing

@Suite struct EncodedMessageTests {
    private func encoded(_ user: String, _ text: String, id: String?) -> [UInt8] {
        EncodedMessage(
            StoredMessage(
                room: RoomID(3), seq: 124, time: Timestamp(microseconds: 1_470_676_832_421_000), user: user, text: text,
                clientID: id)
        ).json
    }

    @Test func isTheMessageOfTheProtocol() {
        #expect(
            String(decoding: encoded("Michael Redman", "hi", id: nil), as: UTF8.self)
                == #"{"seq":124,"time":"2016-08-08T17:20:32.421Z","user":"Michael Redman","message":"hi"}"#)
        #expect(
            String(decoding: encoded("Michael Redman", "hi", id: "a1"), as: UTF8.self)
                == #"{"seq":124,"time":"2016-08-08T17:20:32.421Z","user":"Michael Redman","message":"hi","id":"a1"}"#)
    }

    @Test(arguments: ["\"}, {\"seq\":1", "\\", "\u{0}\u{1}\u{1F}", "\u{2028}", "👩‍👩‍👧‍👦", "a\nb\r\nc\t", "</script>"])
    func keepsNastyTextsInTheirFields(text: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(encoded(text, text, id: text)))
        let fields = try #require(object as? [String: Any])
        #expect(fields.count == 5)
        for name in ["user", "message", "id"] { #expect(fields[name] as? String == text) }
        #expect(fields["seq"] as? Int == 124)
    }
}
