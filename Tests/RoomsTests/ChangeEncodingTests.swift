internal import Testing

@testable internal import Rooms

@Suite struct ChangeEncodingTests {
    private let room = RoomID(0)
    private let time = Timestamp(microseconds: 1_470_676_832_421_000)

    private func json(_ row: EncodedMessage) -> String { String(decoding: row.json, as: UTF8.self) }

    private func message(_ changes: MessageChanges?, text: String = "hi", replyTo: Int64? = nil) -> EncodedMessage {
        EncodedMessage(
            StoredMessage(
                room: room, seq: 124, time: time, user: "Ada", text: text, clientID: "a1", userID: "u1",
                replyTo: replyTo, changes: changes))
    }

    private func change(_ kind: StoredChange.Kind, user: String? = "Bob", id: String? = nil) -> EncodedMessage {
        EncodedMessage(
            StoredChange(room: room, seq: 130, time: time, user: user, target: 124, kind: kind, clientID: id))
    }

    private let start = #"{"seq":124,"time":"2016-08-08T17:20:32.421Z","user":"Ada","user_id":"u1","#
    private let event = #"{"seq":130,"time":"2016-08-08T17:20:32.421Z","user":"Bob","#

    @Test func encodesWhatChangesMadeOfAMessage() {
        #expect(json(message(nil)) == start + #""message":"hi","id":"a1"}"#)
        #expect(json(message(nil, replyTo: 7)) == start + #""message":"hi","id":"a1","reply_to":7}"#)
        let edited = MessageChanges(changedSeq: 131, editedSeq: 130)
        #expect(json(message(edited)) == start + #""message":"hi","id":"a1","edited_seq":130,"changed_seq":131}"#)
        let reactions = [
            Reaction(emoji: "👍", count: 22, users: ["Ada", "B\"ob"]), Reaction(emoji: "x", count: 1, users: ["Cy"]),
        ]
        let reacted = MessageChanges(changedSeq: 132, reactions: reactions)
        #expect(
            json(message(reacted)) == start + #""message":"hi","id":"a1","changed_seq":132,"reactions":{"#
                + #""👍":{"count":22,"users":["Ada","B\"ob"]},"x":{"count":1,"users":["Cy"]}}}"#)
        #expect(message(reacted).kind == .message)
    }

    @Test func encodesADeletedMessageWithoutItsText() {
        let deleted = message(MessageChanges(changedSeq: 140, editedSeq: 130, isDeleted: true), text: "not this")
        #expect(json(deleted) == start + #""deleted":true,"id":"a1","changed_seq":140}"#)
        #expect(deleted.kind == .tombstone)
    }

    @Test func encodesEachKindOfChange() {
        #expect(json(change(.deleted, id: "c")) == event + #""id":"c","deleted":124}"#)
        #expect(json(change(.edited(text: "new"))) == event + #""edited":124,"message":"new"}"#)
        #expect(
            json(change(.reacted(emoji: "👍", isOn: true, all: Reaction(emoji: "👍", count: 1, users: ["Bob"]))))
                == event + #""reacted":124,"emoji":"👍","on":true,"count":1,"users":["Bob"]}"#)
        #expect(
            json(change(.reacted(emoji: "👍", isOn: false, all: nil)))
                == event + #""reacted":124,"emoji":"👍","on":false,"count":0,"users":[]}"#)
        let all = Reaction(emoji: "👍", count: 2, users: ["Ada", "Cy"])
        #expect(
            json(change(.reacted(emoji: "👍", isOn: false, all: all)))
                == event + #""reacted":124,"emoji":"👍","on":false,"count":2,"users":["Ada","Cy"]}"#)
        #expect(json(change(.deleted, user: nil)).contains(#""user":null,"#))
        #expect(change(.deleted).kind == .change)
    }

    @Test(arguments: ["secret", #"a"b,"message":"secret"#, "\u{1}", ""])
    func removesTheTextOfAnEdit(text: String) {
        let edit = EncodedMessage(
            StoredChange(
                room: room, seq: 130, time: time, user: #"a,"message":"b"#, target: 124, kind: .edited(text: text),
                clientID: #","message":"#))
        let emptied = EncodedMessage(
            StoredChange(
                room: room, seq: 130, time: time, user: #"a,"message":"b"#, target: 124, kind: .edited(text: ""),
                clientID: #","message":"#))
        #expect(edit.withoutText == emptied)
        #expect(message(nil).withoutText == message(nil))
    }

    @Test func tellsEachViewWhichNumbersItDoesNotReceive() {
        let rows = [
            EncodedMessage(seq: 5, json: Array(#"{"seq":5,"prev_seq":3,"m":1}"#.utf8)),
            EncodedMessage(seq: 6, json: Array(#"{"seq":6,"e":1}"#.utf8), kind: .change),
            EncodedMessage(seq: 7, json: Array(#"{"seq":7,"m":1}"#.utf8)),
            EncodedMessage(seq: 8, json: Array(#"{"seq":8,"d":1}"#.utf8), kind: .tombstone),
            EncodedMessage(seq: 10, json: Array(#"{"seq":10,"prev_seq":8,"m":1}"#.utf8)),
        ]
        #expect(
            rows.visible(in: .messages, following: 2).map(json) == [
                #"{"seq":5,"prev_seq":2,"m":1}"#, #"{"seq":7,"prev_seq":5,"m":1}"#, #"{"seq":10,"prev_seq":7,"m":1}"#,
            ])
        #expect(rows.following(3).map(json) == rows.map(json))
        #expect(rows[0].following(4).json == Array(#"{"seq":5,"m":1}"#.utf8))
    }
}
