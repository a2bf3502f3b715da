extension ConformanceGroup {
    /// RFC 6455 sections 5.5.1, 7.1 and 7.4.
    static var closing: [Draft] { handshakes + payloads + goodCodes + badCodes + failures }

    private static var handshakes: [Draft] {
        let large = String(repeating: "x", count: 262_144)
        return [
            Draft("6455-5.5.1", "a close without payload is answered by one", [.send(.close([])), .close(nil), .end]),
            Draft(
                "6455-5.5.1", "a close is answered with its code", [.send(.close(1000, "done")), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "what came before the close is answered first",
                [.send(.text("last"), .ping("p"), .close(1000)), .text("last"), .pong([112]), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a large message before the close is answered first",
                [.send(.text(large), .close(1000), .ping("late")), .text(large), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a second close is ignored", [.send(.close(1000), .close(1001)), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a text after the close is ignored",
                [.send(.close(1000), .text("late")), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a ping after the close is ignored",
                [.send(.close(1000), .ping("late")), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a malformed frame after the close is ignored",
                [.send(.close(1000), Frame(first: 0xF3, payload: [])), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a close ends a fragmented message that is not whole",
                [.send(.text("a", isFinal: false), .close(1000), .more([98], isFinal: true)), .close(1000), .end]),
            Draft(
                "6455-5.5.1", "a close in writes of one byte is answered",
                [.chop([.close(1001, "bye")], 1), .close(1001), .end]),
        ]
    }

    private static var payloads: [Draft] {
        [
            Draft(
                "6455-5.5.1", "a reason of 123 bytes is taken",
                [.send(.close(1000, String(repeating: "é", count: 61) + "!")), .close(1000), .end]),
            .fails("6455-5.5.1", "a close of one byte fails", 1002, [.send(.close([3]))]),
            .fails(
                "6455-5.5.1", "a close of 126 bytes fails", 1002,
                [.send(.close(1000, String(repeating: "x", count: 124)))]),
            .fails("6455-5.5.1", "a reason that is no UTF-8 fails", 1007, [.send(.close([3, 0xE8, 0xCE, 0xFF]))]),
            .fails(
                "6455-5.5.1", "a reason that ends within a character fails", 1007,
                [.send(.close([3, 0xE8, 0xE2, 0x82]))]),
            .fails(
                "6455-5.5.1", "a reason with a surrogate fails", 1007, [.send(.close([3, 0xE8, 0xED, 0xA0, 0x80]))]),
        ]
    }

    private static var goodCodes: [Draft] {
        let registered: [UInt16] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
        return registered.map { code in
            Draft("6455-7.4.1", "code \(code) is answered with it", [.send(.close(code)), .close(Int(code)), .end])
        }
            + [3000, 3999, 4000, 4999].map { (code: UInt16) in
                Draft("6455-7.4.2", "code \(code) is answered with it", [.send(.close(code)), .close(Int(code)), .end])
            }
    }

    private static var badCodes: [Draft] {
        [1004, 1005, 1006, 1015].map { (code: UInt16) in
            .fails("6455-7.4.1", "code \(code) fails", 1002, [.send(.close(code))])
        }
            + [0, 1, 999, 1016, 1100, 2000, 2999, 5000, 65_535].map { (code: UInt16) in
                .fails("6455-7.4.2", "code \(code) fails", 1002, [.send(.close(code))])
            }
    }

    /// The answer and the end must come at once, whatever the client goes on sending.
    private static var failures: [Draft] {
        let bad = Frame(first: 0x83, payload: [])
        let large = Frame.binary(Array(repeating: 7, count: 1_000_000))
        return [
            .fails("6455-7.1.7", "a failed connection ends without an answer to its close", 1002, [.send(bad)]),
            .fails(
                "6455-7.1.7", "an answer to the close of a failed connection does no harm", 1002,
                [.send(bad, .close(1002))]),
            .fails(
                "6455-7.1.7", "what comes after the failure is discarded", 1002,
                [.send(bad, .text("late"), .ping("late"))]),
            .fails(
                "6455-7.1.7", "a megabyte after the failure does not take the close frame away", 1002,
                [.send(bad, large)]),
            .fails(
                "6455-7.1.7", "a message over the limit fails", 1009,
                [.cut(Frame(first: 0x82, payload: [], length: [0xFF, 0, 0, 0, 0, 1, 0, 0, 1]), 14)]),
            .fails(
                "6455-7.1.7", "a megabyte of a message over the limit does not take the close frame away", 1009,
                [.cut(Frame(first: 0x82, payload: large.payload, length: [0xFF, 0x7F, 0, 0, 0, 0, 0, 0, 0]), .max)]),
        ]
    }
}
