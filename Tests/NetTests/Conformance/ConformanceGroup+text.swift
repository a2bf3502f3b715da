extension ConformanceGroup {
    /// RFC 6455 sections 5.6 and 8.1 with RFC 3629.
    static var texts: [Draft] { valid + cutBetween + invalid + early + binaryIsFree }

    private static func bytes(_ parts: [[UInt8]], _ title: String) -> Draft {
        let text = String(decoding: parts.joined(), as: UTF8.self)
        return Draft("6455-5.6", title, [.send(frames(parts)), .text(text)])
    }

    private static func frames(_ parts: [[UInt8]]) -> [Frame] {
        parts.enumerated().map { index, part in
            var frame = Frame.more(part, isFinal: index == parts.count - 1)
            if index == 0 { frame.first |= 1 }
            return frame
        }
    }

    private static let words = "Grüße, мир, κόσμε, 世界, 👋🏽"

    private static var valid: [Draft] {
        let first: [UInt32] = [0x01, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF]
        let others: [UInt32] = [0x00, 0xFEFF, 0xFFFE, 0xFDD0, 0x1FFFE, 0xFFFFF]
        return [bytes([Array(words.utf8)], "text of several scripts comes back")]
            + (first + others).compactMap(Unicode.Scalar.init).map { scalar in
                let name = String(scalar.value, radix: 16, uppercase: true)
                return bytes([Array(String(Character(scalar)).utf8)], "U+\(name) comes back")
            }
    }

    private static var cutBetween: [Draft] {
        let all = Array(words.utf8)
        return [
            bytes(all.map { [$0] }, "text in fragments of one byte comes back"),
            bytes(words.map { Array(String($0).utf8) }, "text in fragments of one character comes back"),
            bytes(
                [Array("€".utf8[...].prefix(1)), [], Array("€".utf8.dropFirst())],
                "a character goes over an empty fragment"),
            Draft("6455-5.6", "text in writes of one byte comes back", [.chop([.text(words)], 1), .text(words)]),
            Draft(
                "6455-5.6", "text in fragments of one byte and writes of one byte comes back",
                [.chop(frames(all.map { [$0] }), 1), .text(words)]),
            Draft(
                "6455-5.6", "a ping goes between the bytes of a character",
                [.send(frames([[0xC3], [0xA9]]).flatMap { [$0, .ping("p")] }.dropLast()), .pong([112]), .text("é")]),
        ]
    }

    private static let badBytes: [(String, [UInt8])] = [
        ("a lone continuation byte, the lowest", [0x80]), ("a lone continuation byte, the highest", [0xBF]),
        ("two lone continuation bytes", [0x80, 0xBF]), ("a lead byte of two before a space", [0xC2, 0x20]),
        ("a lead byte of three before a space", [0xE1, 0x20]), ("a lead byte of four before a space", [0xF1, 0x20]),
        ("a character of three bytes without its last", [0xE2, 0x82, 0x20]),
        ("a character of four bytes without its last", [0xF0, 0x9F, 0x91, 0x20]),
        ("the byte FE", [0xFE]), ("the byte FF", [0xFF]), ("the byte C0", [0xC0, 0xAF]), ("the byte C1", [0xC1, 0xBF]),
        ("a slash in three bytes", [0xE0, 0x80, 0xAF]), ("a slash in four bytes", [0xF0, 0x80, 0x80, 0xAF]),
        ("the longest overlong form of three bytes", [0xE0, 0x9F, 0xBF]),
        ("the longest overlong form of four bytes", [0xF0, 0x8F, 0xBF, 0xBF]), ("NUL in two bytes", [0xC0, 0x80]),
        ("the first high surrogate", [0xED, 0xA0, 0x80]), ("the last high surrogate", [0xED, 0xAF, 0xBF]),
        ("the first low surrogate", [0xED, 0xB0, 0x80]), ("the last low surrogate", [0xED, 0xBF, 0xBF]),
        ("a pair of surrogates", [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80]), ("U+110000", [0xF4, 0x90, 0x80, 0x80]),
        ("a lead byte of four above F4", [0xF5, 0x80, 0x80, 0x80]),
        ("a lead byte of five", [0xF8, 0x88, 0x80, 0x80, 0x80]),
        ("a lead byte of six", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]),
    ]

    private static var invalid: [Draft] {
        badBytes.map { title, bad in
            let text = Array("κόσμε".utf8) + bad + Array("after".utf8)
            return .fails("6455-8.1", "\(title) fails", 1007, [.send(Frame(first: 0x81, payload: text), .text("x"))])
        }
            + [[0xC2], [0xE2, 0x82], [0xF0, 0x9F], [0xF0, 0x9F, 0x91]].map { (end: [UInt8]) in
                .fails(
                    "6455-8.1", "a text that ends \(end.count) bytes into a character fails", 1007,
                    [.send(Frame(first: 0x81, payload: Array("text".utf8) + end))])
            }
            + badBytes.filter { $0.1.count > 1 }.map { title, bad in
                let parts = bad.map { [$0] } + [Array("after".utf8)]
                return .fails("6455-8.1", "\(title), over fragments, fails", 1007, [.send(frames(parts))])
            }
    }

    /// What follows the bad byte is never sent: the answer must not wait for it.
    private static var early: [Draft] {
        let good = Array("good ".utf8)
        let endless = Frame(first: 0x81, payload: good + [0xF4, 0x90] + Array(repeating: 65, count: 1000))
        return [
            .fails("6455-8.1", "a bad byte fails before its frame is whole", 1007, [.cut(endless, 8 + good.count + 2)]),
            .fails(
                "6455-8.1", "a bad byte fails before its message is whole", 1007,
                [.send(.text("good", isFinal: false), .more([0xF4, 0x90]))]),
            .fails(
                "6455-8.1", "a bad byte fails when its character began in an earlier fragment", 1007,
                [.send(Frame(first: 0x01, payload: [0x61, 0xF4]), .more([0x90]))]),
            .fails(
                "6455-8.1", "a character that its message leaves unfinished fails with the last fragment", 1007,
                [.send(.text("a", isFinal: false), .more([0xE2, 0x82]), .more([], isFinal: true))]),
            .fails(
                "6455-8.1", "what came before a bad text is answered", 1007,
                [
                    .send(.text("before"), .ping("p"), Frame(first: 0x81, payload: [0xFF])), .text("before"),
                    .pong([112]),
                ]),
        ]
    }

    private static var binaryIsFree: [Draft] {
        [
            Draft(
                "6455-5.6", "binary messages may be anything",
                [.send(.binary([0xFF, 0xC0, 0x80])), .binary([0xFF, 0xC0, 0x80])]),
            Draft(
                "6455-5.6", "binary fragments may be anything",
                [.send(.binary([0xED], isFinal: false), .more([0xA0], isFinal: true)), .binary([0xED, 0xA0])]),
        ]
    }
}
