internal import Testing

@testable internal import Rooms

@Suite struct ModerationTests {
    private func read(_ text: String) throws(WireError) -> Command { try Command.read(Array(text.utf8)) }

    @Test(arguments: [
        (
            #"{"mute":{"user":"Bob","seconds":60,"reason":"noise"}}"#,
            ModerationAction(.mute(person: "Bob", seconds: 60), reason: "noise")
        ),
        (#"{"mute":{"user":"Bob"}}"#, ModerationAction(.mute(person: "Bob", seconds: nil))),
        (
            #"{"mute":{"seconds":0,"user":"Bob","x":[1],"reason":null}}"#,
            ModerationAction(.mute(person: "Bob", seconds: 0))
        ),
        (#"{"ban":{"user":"u-1","seconds":null}}"#, ModerationAction(.ban(person: "u-1", seconds: nil))),
        (#"{"kick":{"user":"Bob","reason":"r"}}"#, ModerationAction(.kick(person: "Bob"), reason: "r")),
        (#"{"freeze":true}"#, ModerationAction(.freeze(true))),
        (#"{"freeze":false}"#, ModerationAction(.freeze(false))),
        (#"{"slow_mode":30}"#, ModerationAction(.slowMode(seconds: 30))),
    ])
    func readsTheCommandsOfModerators(text: String, action: ModerationAction) throws {
        #expect(try read(text) == .moderate(action, id: nil))
        #expect(try read(text.dropLast() + #","id":"a"}"#) == .moderate(action, id: "a"))
    }

    @Test(arguments: [
        #"{"mute":"Bob"}"#, #"{"mute":{}}"#, #"{"mute":{"user":""}}"#, #"{"mute":{"user":7}}"#,
        #"{"mute":{"user":"Bob","seconds":-1}}"#, #"{"mute":{"user":"Bob","seconds":1.5}}"#,
        #"{"mute":{"user":"Bob","seconds":2147483648}}"#, #"{"mute":{"user":"Bob","seconds":"60"}}"#,
        #"{"mute":{"user":"Bob","reason":""}}"#, #"{"mute":{"user":"B\u0000b"}}"#, #"{"ban":null}"#,
        #"{"kick":{"reason":"r"}}"#, #"{"freeze":1}"#, #"{"freeze":null}"#, #"{"slow_mode":-1}"#,
        #"{"slow_mode":true}"#, #"{"slow_mode":2147483648}"#,
        #"{"kick":{"user":"\#(String(repeating: "x", count: 1025))"}}"#,
    ])
    func refusesCommandsOfTheWrongKind(text: String) {
        #expect { _ = try read(text) } throws: { ($0 as? WireError)?.code == .badMessage }
    }

    @Test func whatIsSetIsInTheWelcomeAndInTheEvent() {
        var session = Session(fingerprint: "f", userName: "Bob", room: RoomID(0), role: .member)
        func text() -> String { String(decoding: Reply.session(session), as: UTF8.self) }
        #expect(text() == #"{"session":{"user":"Bob","role":"member"}}"#)
        session.moderation = Moderation(mute: .forEver, isBanned: false, isFrozen: true, slowModeSeconds: 30)
        #expect(
            text() == #"{"session":{"user":"Bob","role":"member","muted_until":null,"frozen":true,"slow_mode":30}}"#)
        let end = Timestamp(microseconds: 1_470_676_832_421_000)
        session.moderation = Moderation(mute: .until(end), isBanned: false, isFrozen: false, slowModeSeconds: 0)
        #expect(
            text() == #"{"session":{"user":"Bob","role":"member","muted_until":"2016-08-08T17:20:32.421Z"}}"#)
        let joined = Joined(epoch: "e", lastSeq: 0, cursor: 0, resumed: false)
        let welcome = String(decoding: Reply.welcome(session, joined), as: UTF8.self)
        #expect(welcome.contains(#""role":"member","muted_until":"2016-08-08T17:20:32.421Z","epoch":"e""#))
    }

    @Test func aMuteEndsAtItsMoment() {
        let end = Timestamp(microseconds: 10)
        #expect(!Moderation.Mute.until(end).isOver(at: Timestamp(microseconds: 9)))
        #expect(Moderation.Mute.until(end).isOver(at: end))
        #expect(!Moderation.Mute.forEver.isOver(at: .latest))
        #expect(Moderation(mute: nil, isBanned: false, isFrozen: false, slowModeSeconds: 0) == nil)
    }
}
