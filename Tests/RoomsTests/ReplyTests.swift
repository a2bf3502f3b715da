internal import Testing

@testable internal import Rooms

@Suite struct ReplyTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func welcome(resumed: Bool, reset: ResumeRefusal?) -> String {
        text(
            Reply.welcome(
                Session(fingerprint: "f", userName: "Michael \"M\" Redman", room: RoomID(-7), role: .moderator),
                Joined(epoch: "e1", lastSeq: 123, cursor: 23, resumed: resumed, reset: reset, page: nil)))
    }

    @Test func welcomesByName() {
        #expect(
            welcome(resumed: false, reset: nil)
                == #"{"authenticated":true,"user":"Michael \"M\" Redman","room":-7,"role":"moderator","epoch":"e1","#
                + #""last_seq":123,"resumed":false}"#)
    }

    @Test func saysWhetherItResumed() {
        #expect(welcome(resumed: true, reset: nil).hasSuffix(#""last_seq":123,"resumed":true}"#))
        #expect(welcome(resumed: false, reset: .epoch).hasSuffix(#""resumed":false,"reset":"epoch"}"#))
        #expect(welcome(resumed: false, reset: .ahead).hasSuffix(#""resumed":false,"reset":"ahead"}"#))
        #expect(welcome(resumed: false, reset: .pruned).hasSuffix(#""resumed":false,"reset":"pruned"}"#))
    }

    @Test func tellsTheLimitOfAMessageWhereItIsAskedFor() {
        let session = Session(fingerprint: "f", userName: "Ann", room: RoomID(0), role: .member)
        let joined = Joined(epoch: "e1", lastSeq: 5, cursor: 5, resumed: true, reset: nil, page: nil)
        #expect(
            text(Reply.welcome(session, joined, messageBytesMax: 65_536))
                == #"{"authenticated":true,"user":"Ann","room":0,"role":"member","epoch":"e1","last_seq":5,"#
                + #""message_bytes_max":65536,"resumed":true}"#)
    }

    @Test func tellsAChangedSession() {
        let session = Session(fingerprint: "f", userName: "A\"nn", room: RoomID(0), role: .reader)
        #expect(text(Reply.session(session)) == #"{"session":{"user":"A\"nn","role":"reader"}}"#)
    }

    @Test func tellsErrors() {
        #expect(
            text(Reply.error(WireError(.badJSON, "no \"object\"")))
                == #"{"error":{"code":"bad_json","detail":"no \"object\""}}"#)
        #expect(
            text(Reply.error(WireError(.rateLimited, "slow", clientID: "a1", retryAfterMilliseconds: 50)))
                == #"{"error":{"code":"rate_limited","detail":"slow","retry_after_ms":50,"id":"a1"}}"#)
    }

    @Test func givesHistory() {
        let messages = [
            EncodedMessage(seq: 1, json: Array(#"{"seq":1}"#.utf8)),
            EncodedMessage(seq: 2, json: Array(#"{"seq":2}"#.utf8)),
        ]
        #expect(text(Reply.history(messages, more: true)) == #"{"history":[{"seq":1},{"seq":2}],"more":true}"#)
        #expect(text(Reply.history([], more: false)) == #"{"history":[],"more":false}"#)
    }
}
