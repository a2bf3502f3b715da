internal import TestKit

@testable internal import Net

extension ConformanceGroup {
    private static let taken = "permessage-deflate; server_no_context_takeover"
    private static let forgetting = taken + "; client_no_context_takeover"
    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
    private static let long = String(repeating: "Wie geht's? Wie steht's? Grüße! ", count: 40)

    /// A case with compression as RFC 7692's plainest offer brings it.
    private static func with(
        _ section: String, _ title: String, offer: String = "permessage-deflate", accepted: String? = taken,
        _ steps: @autoclosure @escaping @Sendable () -> [ConformanceCase.Step]
    ) -> Draft {
        var draft = Draft(section, title, steps())
        (draft.offer, draft.accepted) = (offer, accepted)
        return draft
    }

    /// RFC 7692 sections 5.1 and 7.1.
    static var agreements: [Draft] {
        let answers: [(String, String, String, String?)] = [
            ("7692-7.1", "the offer without parameters is accepted", "permessage-deflate", taken),
            ("7692-7.1.1.1", "server_no_context_takeover is accepted", taken, taken),
            ("7692-7.1.1.2", "client_no_context_takeover is accepted and answered", forgetting, forgetting),
            (
                "7692-7.1.2.1", "server_max_window_bits=9 is accepted and answered",
                "permessage-deflate; server_max_window_bits=9", taken + "; server_max_window_bits=9"
            ),
            (
                "7692-7.1.2.1", "server_max_window_bits=15 is accepted and answered",
                "permessage-deflate; server_max_window_bits=15", taken + "; server_max_window_bits=15"
            ),
            (
                "7692-7.1.2.1", "server_max_window_bits=8, which zlib cannot do, is declined",
                "permessage-deflate; server_max_window_bits=8", nil
            ),
            (
                "7692-7.1.2.1", "server_max_window_bits without a value is declined",
                "permessage-deflate; server_max_window_bits", nil
            ),
            (
                "7692-7.1.2.2", "client_max_window_bits without a value is accepted",
                "permessage-deflate; client_max_window_bits", taken
            ),
            (
                "7692-7.1.2.2", "client_max_window_bits=8 is accepted", "permessage-deflate; client_max_window_bits=8",
                taken
            ),
            (
                "7692-7.1.2.2", "client_max_window_bits=16 is declined",
                "permessage-deflate; client_max_window_bits=16", nil
            ),
            ("7692-7.1", "an unknown parameter is declined", "permessage-deflate; window=9", nil),
            ("7692-7.1", "a doubled parameter is declined", taken + "; server_no_context_takeover", nil),
            ("7692-7.1", "another extension is declined", "x-webkit-deflate-frame", nil),
            (
                "7692-5.1", "the second offer is accepted if the first cannot be",
                "permessage-deflate; server_max_window_bits=8, permessage-deflate", taken
            ),
        ]
        return answers.map { section, title, offer, accepted in
            let steps: @Sendable () -> [ConformanceCase.Step] = {
                [
                    .send(.text(long)),
                    accepted == nil ? .text(long) : .inflated(.init(first: 0x81, payload: Array(long.utf8))),
                ]
            }
            return with(section, title, offer: offer, accepted: accepted, steps())
        }
    }

    /// RFC 7692 sections 6, 7.2 and 8.
    static var compressed: [Draft] { examples + sizesCompressed + wrongBits + wrongData }

    private static var examples: [Draft] {
        let forms: [(String, [UInt8])] = [
            ("7692-7.2.3.1", hello),
            ("7692-7.2.3.3", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]),
            ("7692-7.2.3.4", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
            ("7692-7.2.3.5", [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
        ]
        return forms.map { section, payload in
            with(
                section, "\"Hello\" as the RFC has it is inflated",
                [.send(Frame(first: 0xC1, payload: payload)), .text("Hello")])
        } + [
            with(
                "7692-7.2.3.6", "the empty message is inflated", [.send(Frame(first: 0xC1, payload: [0])), .text("")]),
            with(
                "7692-7.2.3.2", "a message may refer to an earlier one",
                [
                    .send(
                        Frame(first: 0xC1, payload: hello), Frame(first: 0xC1, payload: [0xF2, 0x00, 0x11, 0x00, 0x00])),
                    .text("Hello"), .text("Hello"),
                ]),
            with(
                "7692-7.2.3.2", "a plain message in between changes nothing",
                [
                    .send(
                        Frame(first: 0xC1, payload: hello), .text("plain"),
                        Frame(first: 0xC1, payload: [0xF2, 0x00, 0x11, 0x00, 0x00])),
                    .text("Hello"), .text("plain"), .text("Hello"),
                ]),
            with(
                "7692-7.2.3.2", "a reference fails if the client was to forget", offer: forgetting,
                accepted: forgetting,
                [
                    .send(
                        Frame(first: 0xC1, payload: hello), Frame(first: 0xC1, payload: [0xF2, 0x00, 0x11, 0x00, 0x00])),
                    .text("Hello"), .close(1007), .end,
                ]),
            with(
                "7692-6.1", "a compressed message in fragments with a ping between is inflated",
                [
                    .send(
                        Frame(first: 0x41, payload: Array(hello[..<3])), .ping("p"),
                        .more(Array(hello[3...]), isFinal: true)),
                    .pong([112]), .text("Hello"),
                ]),
            with(
                "7692-6.1", "a compressed message in writes of one byte is inflated",
                [.chop([Frame(first: 0xC2, payload: hello)], 1), .binary(Array("Hello".utf8))]),
            with("7692-6", "a short message is answered plain", [.send(.text("short")), .text("short")]),
        ]
    }

    private static func deflated(_ text: [UInt8]) -> [UInt8] { Deflater(windowBits: 15)?.deflate(text) ?? [] }

    private static var sizesCompressed: [Draft] {
        let word = Array("All work and no play makes Jack a dull boy. ".utf8)
        @Sendable func payload(_ count: Int) -> [UInt8] { (0..<count).map { word[$0 % word.count] } }
        return [300, 4096, 65_536, 131_072].flatMap { count in
            ["permessage-deflate", "permessage-deflate; server_max_window_bits=9"].map { offer in
                with(
                    "7692-6", "20 times \(count) compressed bytes come back compressed (\(offer))", offer: offer,
                    accepted: offer == "permessage-deflate" ? taken : taken + "; server_max_window_bits=9",
                    (0..<20).flatMap { _ in
                        [
                            .send(Frame(first: 0xC1, payload: deflated(payload(count)))),
                            .inflated(.init(first: 0x81, payload: payload(count))),
                        ]
                    })
            }
        }
    }

    private static var wrongBits: [Draft] {
        let frames: [(String, [Frame])] = [
            ("a continuation", [Frame(first: 0x41, payload: hello), Frame(first: 0xC0, payload: [])]),
            ("a ping", [Frame(first: 0xC9, payload: [])]), ("a pong", [Frame(first: 0xCA, payload: [])]),
            ("a close", [Frame(first: 0xC8, payload: [])]),
            ("a text together with RSV2", [Frame(first: 0xE1, payload: hello)]),
        ]
        return frames.map { title, frames in
            with("7692-6.1", "RSV1 on \(title) fails", [.send(frames), .close(1002), .end])
        } + [
            with(
                "7692-6.1", "RSV1 fails if the offer was declined", offer: "permessage-deflate; window=9",
                accepted: nil,
                [.send(Frame(first: 0xC1, payload: hello)), .close(1002), .end])
        ]
    }

    private static var wrongData: [Draft] {
        @Sendable func frame(_ payload: [UInt8]) -> ConformanceCase.Step { .send(Frame(first: 0xC1, payload: payload)) }
        return [
            with("7692-7.2.2", "a reserved block type fails", [frame([0xFF]), .close(1007), .end]),
            with(
                "7692-7.2.2", "a message that ends within a block fails",
                [frame([0xF2, 0x48, 0xCD]), .close(1007), .end]),
            with("7692-7.2.2", "a message without any byte fails", [frame([]), .close(1007), .end]),
            with(
                "7692-7.2.2", "bad deflate fails before its message is whole",
                [.send(Frame(first: 0x41, payload: [0xFF, 0xFF])), .close(1007), .end]),
            with(
                "6455-8.1", "inflated text that is no UTF-8 fails",
                [frame(deflated(Array(repeating: 0x61, count: 99) + [0xFF])), .close(1007), .end]),
            with(
                "6455-8.1", "binary that is no UTF-8 is inflated",
                [
                    .send(Frame(first: 0xC2, payload: deflated(Array(repeating: 0xFF, count: 999)))),
                    .inflated(.init(first: 0x82, payload: Array(repeating: 0xFF, count: 999))),
                ]),
            with(
                "6455-10.4", "a deflate bomb of 32 MiB fails",
                [frame(deflated(Array(repeating: 42, count: 32 << 20))), .close(1009), .end]),
            with(
                "6455-10.4", "a deflate bomb in fragments fails",
                [
                    .send(
                        Frame(first: 0x42, payload: Array(deflated(Array(repeating: 42, count: 32 << 20)).dropLast(9)))),
                    .close(1009), .end,
                ]),
        ]
    }
}
