extension ConformanceGroup {
    /// RFC 6455 sections 5.5, 5.5.2 and 5.5.3.
    static var pings: [Draft] {
        let bytes = (0..<125).map { UInt8($0 + 100) }
        let ten = (0..<10).map { "ping \($0)" }
        return [
            Draft("6455-5.5.2", "an empty ping is answered", [.send(.ping("")), .pong([])]),
            Draft(
                "6455-5.5.2", "a ping with text is answered with it",
                [.send(.ping("Hello, world!")), .pong(Array("Hello, world!".utf8))]),
            Draft(
                "6455-5.5.2", "a ping with bytes that are no text is answered with them",
                [.send(Frame(first: 0x89, payload: [0, 0xFF, 0xFE, 0xC0])), .pong([0, 0xFF, 0xFE, 0xC0])]),
            Draft(
                "6455-5.5.2", "a ping of 125 bytes is answered with them",
                [.send(Frame(first: 0x89, payload: bytes)), .pong(bytes)]),
            Draft(
                "6455-5.5.2", "a ping of 125 bytes in writes of one is answered",
                [.chop([Frame(first: 0x89, payload: bytes)], 1), .pong(bytes)]),
            Draft(
                "6455-5.5.2", "ten pings are answered in their order",
                [.send(ten.map { Frame.ping($0) })] + ten.map { .pong(Array($0.utf8)) }),
            Draft(
                "6455-5.5.2", "ten pings in writes of one byte are answered in their order",
                [.chop(ten.map { Frame.ping($0) }, 1)] + ten.map { .pong(Array($0.utf8)) }),
            Draft("6455-5.5.3", "an unsolicited pong is ignored", [.send(.pong(""), .text("a")), .text("a")]),
            Draft(
                "6455-5.5.3", "a pong with payload is ignored, and a ping after it answered",
                [.send(.pong("unasked"), .ping("asked")), .pong(Array("asked".utf8))]),
            Draft(
                "6455-5.5.3", "a pong that is no text is ignored",
                [.send(Frame(first: 0x8A, payload: [0xFF])), .send(.text("a")), .text("a")]),
        ] + malformedControls
    }

    private static var malformedControls: [Draft] {
        let kinds: [(UInt8, String)] = [(0x88, "close"), (0x89, "ping"), (0x8A, "pong")]
        return kinds.flatMap { (first: UInt8, kind: String) in
            [
                .fails(
                    "6455-5.5", "a \(kind) of 126 bytes fails", 1002,
                    [.send(Frame(first: first, payload: Array(repeating: 42, count: 126)))]),
                .fails(
                    "6455-5.5", "a \(kind) with a 64-bit length fails with its second byte", 1002,
                    [.cut(Frame(first: first, payload: [], length: [0xFF]), 2)]),
                .fails(
                    "6455-5.5", "a \(kind) that is not final fails", 1002,
                    [.send(Frame(first: first & 0x0F, payload: []))]),
            ]
        }
    }

    /// RFC 6455 section 5.4.
    static var fragments: [Draft] {
        let parts = (1...5).map { "fragment \($0)" }
        let five = parts.enumerated().map { index, part in
            index == 0 ? Frame.text(part, isFinal: false) : .more(Array(part.utf8), isFinal: index == 4)
        }
        let withPings = five.flatMap { [$0, Frame.ping("between")] }.dropLast()
        let pongs = Array(repeating: ConformanceCase.Step.pong(Array("between".utf8)), count: 4)
        return [
            Draft(
                "6455-5.4", "a text in two fragments comes back",
                [.send(Array(five[..<1]) + [.more([33], isFinal: true)]), .text("fragment 1!")]),
            Draft("6455-5.4", "a text in five fragments comes back", [.send(five), .text(parts.joined())]),
            Draft("6455-5.4", "and in writes of one byte", [.chop(five, 1), .text(parts.joined())]),
            Draft(
                "6455-5.4", "pings between fragments are answered before the message",
                [.send(Array(withPings))] + pongs + [.text(parts.joined())]),
            Draft(
                "6455-5.4", "and in writes of one byte",
                [.chop(Array(withPings), 1)] + pongs + [.text(parts.joined())]),
            Draft(
                "6455-5.4", "a ping between fragments is answered before the message is whole",
                [
                    .send(five[0], .ping("now")), .pong(Array("now".utf8)), .send(Array(five[1...])),
                    .text(parts.joined()),
                ]),
            Draft(
                "6455-5.4", "a pong between fragments is ignored",
                [.send(.text("a", isFinal: false), .pong("unasked"), .more([98], isFinal: true)), .text("ab")]),
            Draft(
                "6455-5.4", "a binary message in fragments, empty ones too, comes back",
                [
                    .send(.binary([0xFF], isFinal: false), .more([]), .more([0xFE]), .more([], isFinal: true)),
                    .binary([0xFF, 0xFE]),
                ]),
            Draft(
                "6455-5.4", "three empty fragments are an empty text",
                [.send(.text("", isFinal: false), .more([]), .more([], isFinal: true)), .text("")]),
            Draft(
                "6455-5.4", "one fragmented message follows another",
                [.send(five + five), .text(parts.joined()), .text(parts.joined())]),
            Draft(
                "6455-5.4", "a text follows a fragmented binary message",
                [
                    .send(.binary([1], isFinal: false), .more([2], isFinal: true), .text("x")), .binary([1, 2]),
                    .text("x"),
                ]),
        ] + malformedFragments
    }

    private static var malformedFragments: [Draft] {
        [
            .fails(
                "6455-5.4", "a final continuation of nothing fails", 1002,
                [.send(.more([65], isFinal: true), .text("x"))]),
            .fails("6455-5.4", "a continuation of nothing that goes on fails", 1002, [.send(.more([65]), .text("x"))]),
            .fails(
                "6455-5.4", "a continuation after a whole message fails, the message is answered", 1002,
                [.send(.text("whole"), .more([65], isFinal: true)), .text("whole")]),
            .fails(
                "6455-5.4", "a continuation after a fragmented message fails, the message is answered", 1002,
                [.send(.text("a", isFinal: false), .more([98], isFinal: true), .more([99])), .text("ab")]),
            .fails(
                "6455-5.4", "a text inside a fragmented text fails", 1002,
                [.send(.text("a", isFinal: false), .text("b"))]),
            .fails(
                "6455-5.4", "a text inside a fragmented binary message fails", 1002,
                [.send(.binary([1], isFinal: false), .text("b"))]),
            .fails(
                "6455-5.4", "a binary message inside a fragmented text fails", 1002,
                [.send(.text("a", isFinal: false), .binary([1], isFinal: false))]),
            .fails(
                "6455-5.4", "a message inside a message fails also after a ping", 1002,
                [.send(.text("a", isFinal: false), .ping("p"), .text("b")), .pong([112])]),
        ]
    }
}
