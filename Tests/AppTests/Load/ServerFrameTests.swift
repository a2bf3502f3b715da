import Testing

@testable import LoadClient

/// What the load client reads out of a frame.
@Suite struct ServerFrameTests {
    private static func read(_ text: String) -> ServerFrame {
        Array(text.utf8).withUnsafeBytes { ServerFrame.read($0, mark: Array("load abc ".utf8)) }
    }

    @Test func anOwnMessage() {
        #expect(
            Self.read(#"{"seq":124,"time":"t","user":"M","message":"load abc 17 42","id":"x"}"#)
                == .message(seq: 124, own: .init(connection: 17, number: 42)))
    }

    @Test(arguments: [
        "hello", "load xyz 1 2", "load abc 1", "load abc 1 2 3", "load abc 99999999999999999999 1", "load abc ",
    ])
    func aMessageOfOthers(text: String) {
        #expect(Self.read(#"{"seq":1,"message":"\#(text)"}"#) == .message(seq: 1, own: nil))
    }

    @Test func aUserNameCannotPassAsANumber() {
        #expect(
            Self.read(#"{"user":"\"seq\":9,","seq":3,"message":"a"}"#) == .message(seq: 3, own: nil))
    }

    @Test func aChangeHasANumber() { #expect(Self.read(#"{"seq":130,"deleted":124}"#) == .message(seq: 130, own: nil)) }

    @Test func theFirstFrame() {
        #expect(
            Self.read(
                #"{"authenticated":true,"user":"M","room":3,"role":"member","epoch":"e","last_seq":9,"resumed":false,"reset":"ahead"}"#
            ) == .authenticated(.init(room: 3, epoch: "e", lastSeq: 9, resumed: false, reset: .ahead)))
    }

    @Test func aRefusal() {
        #expect(
            Self.read(#"{"error":{"code":"rate_limited","detail":"","id":"abc-1-2"}}"#)
                == .refused(code: "rate_limited", id: "abc-1-2"))
    }

    @Test(arguments: [
        "", "{}", "nonsense", #"{"typing":"M"}"#, #"{"seq":}"#, #"{"seq":99999999999999999999}"#,
        #"{"history":[{"seq":1,"message":"a"}],"more":false}"#, #"{"authenticated":"#,
    ])
    func everythingElseIsOther(text: String) { #expect(Self.read(text) == .other) }
}
