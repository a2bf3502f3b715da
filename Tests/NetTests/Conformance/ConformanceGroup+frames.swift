internal import TestKit

extension ConformanceGroup {
    private static let edges = [0, 1, 125, 126, 127, 128, 65_535, 65_536]

    /// RFC 6455 sections 5.1, 5.2, 5.3 and 5.7.
    static var lengths: [Draft] {
        edges.map { count in
            let text = String(repeating: "*", count: count)
            return Draft("6455-5.2", "a text of \(count) bytes comes back", [.send(.text(text)), .text(text)])
        }
            + edges.map { count in
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                return Draft(
                    "6455-5.2", "\(count) bytes of binary come back", [.send(.binary(bytes)), .binary(bytes)])
            } + lengthForms + chopped + masking + examples
    }

    private static var lengthForms: [Draft] {
        let forms: [(String, [UInt8])] = [
            ("125 bytes in the 16-bit form", [0xFE, 0, 125]), ("0 bytes in the 16-bit form", [0xFE, 0, 0]),
            ("65,535 bytes in the 64-bit form", [0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
            ("5 bytes in the 64-bit form", [0xFF, 0, 0, 0, 0, 0, 0, 0, 5]),
            ("a 64-bit length with the top bit", [0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            ("a 64-bit length of all ones", Array(repeating: 0xFF, count: 9)),
        ]
        return forms.map { title, length in
            .fails("6455-5.2", "\(title) fails", 1002, [.send(Frame(first: 0x82, payload: [], length: length))])
        }
    }

    private static var chopped: [Draft] {
        [(125, 1), (126, 1), (300, 1), (65_535, 997), (65_536, 997)].map { count, size in
            let text = String(repeating: "*", count: count)
            return Draft(
                "6455-5.2", "a text of \(count) bytes in writes of \(size) comes back",
                [.chop([.text(text)], size), .text(text)])
        }
    }

    private static var masking: [Draft] {
        @Sendable func unmasked(_ frame: Frame) -> Frame {
            var frame = frame
            frame.mask = nil
            return frame
        }
        @Sendable func masked(_ mask: [UInt8]) -> Frame {
            var frame = Frame.text("masked, and unmasked again")
            frame.mask = mask
            return frame
        }
        return [
            .fails("6455-5.1", "an unmasked text fails", 1002, [.send(unmasked(.text("Hello")))]),
            .fails("6455-5.1", "an unmasked ping fails", 1002, [.send(unmasked(.ping("")))]),
            .fails("6455-5.1", "an unmasked close fails", 1002, [.send(unmasked(.close(1000)))]),
            .fails(
                "6455-5.1", "an unmasked continuation fails", 1002,
                [.send(.text("a", isFinal: false), unmasked(.more([98], isFinal: true)))]),
            .fails(
                "6455-5.1", "an unmasked frame fails before its payload has come", 1002,
                [.cut(unmasked(.text("Hello")), 2)]),
        ]
            + [[0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [1, 2, 3, 4], [0x80, 0, 0, 1]].map { mask in
                Draft(
                    "6455-5.3", "the masking key \(mask) is taken off",
                    [.send(masked(mask)), .text("masked, and unmasked again")])
            }
    }

    private static var examples: [Draft] {
        [
            Draft(
                "6455-5.7", "the masked \"Hello\" comes back unmasked",
                [.send(.text("Hello")), .expect(.init(first: 0x81, payload: [0x48, 0x65, 0x6C, 0x6C, 0x6F]))]),
            Draft(
                "6455-5.7", "the fragmented \"Hello\" comes back whole",
                [.send(.text("Hel", isFinal: false), .more(Array("lo".utf8), isFinal: true)), .text("Hello")]),
            Draft(
                "6455-5.7", "the ping \"Hello\" is answered by the pong \"Hello\"",
                [.send(.ping("Hello")), .pong(Array("Hello".utf8))]),
            Draft(
                "6455-5.7", "256 bytes of binary in one frame come back",
                [.send(.binary(Array(0...255))), .binary(Array(0...255))]),
        ]
    }

    /// RFC 6455 section 5.2: no extension has been negotiated.
    static var reservedBits: [Draft] {
        let names: [(UInt8, String)] = [
            (0x40, "RSV1"), (0x20, "RSV2"), (0x60, "RSV1 and RSV2"), (0x10, "RSV3"), (0x50, "RSV1 and RSV3"),
            (0x30, "RSV2 and RSV3"), (0x70, "all reserved bits"),
        ]
        let kinds: [(UInt8, String)] = [
            (0x81, "text"), (0x82, "binary frame"), (0x88, "close"), (0x89, "ping"), (0x8A, "pong"),
        ]
        return names.map { bits, name in
            .fails(
                "6455-5.2", "\(name) on a text fails, what came before is answered", 1002,
                [.send(.text("before"), Frame(first: 0x81 | bits, payload: [42]), .ping("")), .text("before")])
        }
            + kinds.map { first, kind in
                .fails("6455-5.2", "RSV1 on a \(kind) fails", 1002, [.send(Frame(first: first | 0x40, payload: []))])
            } + [
                .fails(
                    "6455-5.2", "RSV1 on a continuation fails", 1002,
                    [.send(.text("a", isFinal: false), Frame(first: 0xC0, payload: [98]))]),
                .fails(
                    "6455-5.2", "a reserved bit fails with the frame's first byte", 1002,
                    [.cut(Frame(first: 0xA1, payload: [42]), 1)]),
            ]
    }

    /// RFC 6455 section 5.2.
    static var reservedOpcodes: [Draft] {
        [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF].flatMap { (opcode: UInt8) in
            [
                .fails(
                    "6455-5.2", "opcode \(opcode) fails, what came before is answered", 1002,
                    [.send(.text("before"), Frame(first: 0x80 | opcode, payload: []), .ping("")), .text("before")]),
                .fails(
                    "6455-5.2", "opcode \(opcode) with a payload fails", 1002,
                    [.chop([Frame(first: 0x80 | opcode, payload: Array("payload".utf8))], 1)]),
            ]
        }
    }
}
