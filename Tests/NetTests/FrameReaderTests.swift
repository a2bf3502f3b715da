internal import TestKit
internal import Testing

@testable internal import Net

/// Conformance of the inbound side with RFC 6455, by section.
@Suite struct FrameReaderTests {
    @Test func readsTheExampleOf5_7() {
        #expect(events(of: [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]) == [.text("Hello")])
    }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 70_000]) func reads5_2LengthsOfAllForms(length: Int)
    {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        #expect(events([.binary(payload), .ping("x")]) == [.binary(payload), .ping("x")])
    }

    @Test func refuses5_1UnmaskedFrames() {
        var frame = Frame.text("Hello")
        frame.mask = nil
        #expect(events([frame]).map(\.violation) == [.protocolError])
    }

    @Test(arguments: [0x40, 0x20, 0x10, 0x70]) func refuses5_2ReservedBits(bits: UInt8) {
        #expect(events([Frame(first: 0x81 | bits, payload: [])]).map(\.violation) == [.protocolError])
        #expect(events([Frame(first: 0x89 | bits, payload: [])]).map(\.violation) == [.protocolError])
    }

    @Test(arguments: [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF]) func refuses5_2ReservedOpcodes(opcode: UInt8) {
        #expect(events([Frame(first: 0x80 | opcode, payload: [])]).map(\.violation) == [.protocolError])
    }

    @Test(
        arguments: [
            [0xFE, 0, 125], [0xFE, 0, 0], [0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], [0xFF, 0, 0, 0, 0, 0, 0, 0, 5],
            [0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func refuses5_2LengthsThatAreNotMinimalOrNegative(length: [UInt8]) {
        #expect(events([Frame(first: 0x82, payload: [], length: length)]).map(\.violation) == [.protocolError])
    }

    @Test func refusesTheLargestLengthAsTooBig() {
        let largest: [UInt8] = [0xFF, 0x7F] + Array(repeating: 0xFF, count: 7)
        #expect(events([Frame(first: 0x82, payload: [], length: largest)]).map(\.violation) == [.tooBig])
    }

    @Test(arguments: [0x08, 0x09, 0x0A] as [UInt8]) func refuses5_5FragmentedControlFrames(first: UInt8) {
        #expect(events([Frame(first: first, payload: [])]).map(\.violation) == [.protocolError])
    }

    @Test(arguments: [0x88, 0x89, 0x8A] as [UInt8]) func refuses5_5ControlFramesOver125Bytes(first: UInt8) {
        #expect(
            events([Frame(first: first, payload: Array(repeating: 65, count: 126))]).map(\.violation) == [
                .protocolError
            ])
        #expect(events([Frame(first: first, payload: [], length: [0xFF])]).map(\.violation) == [.protocolError])
    }

    @Test func reads5_5ControlFramesOf125Bytes() {
        let payload = String(repeating: "A", count: 125)
        #expect(events([.ping(payload), .pong(payload)]) == [.ping(payload), .pong])
    }

    @Test func joins5_4Fragments() {
        let frames = [Frame.text("Grü", isFinal: false), .more(Array("ße".utf8)), .more([]), .more([], isFinal: true)]
        #expect(events(frames) == [.text("Grüße")])
        #expect(events([.text("", isFinal: false), .more([], isFinal: true)]) == [.text("")])
        #expect(
            events([.binary([1], isFinal: false), .more([2], isFinal: true), .text("x")]) == [
                .binary([1, 2]), .text("x"),
            ])
    }

    @Test func reads5_4ControlFramesBetweenFragments() {
        let frames = [Frame.text("a", isFinal: false), .ping("p"), .more([98]), .pong(""), .more([99], isFinal: true)]
        #expect(events(frames) == [.ping("p"), .pong, .text("abc")])
        #expect(events([.text("a", isFinal: false), .close(1000)]) == [.close(1000)])
    }

    @Test func refuses5_4ContinuationsOfNothing() {
        #expect(events([.more([65], isFinal: true)]).map(\.violation) == [.protocolError])
        #expect(events([.text("a"), .more([65])]).last?.violation == .protocolError)
    }

    @Test func refuses5_4AMessageInsideAMessage() {
        #expect(events([.text("a", isFinal: false), .text("b")]).map(\.violation) == [.protocolError])
        #expect(events([.binary([1], isFinal: false), .text("b")]).map(\.violation) == [.protocolError])
    }

    @Test func boundsFragmentsEmptyOnesToo() {
        let opening = [Frame.text("", isFinal: false)]
        #expect(events(opening + Array(repeating: .more([]), count: 7)).isEmpty)
        #expect(events(opening + Array(repeating: .more([]), count: 8)).map(\.violation) == [.tooBig])
    }

    @Test func boundsAMessageOverItsFragments() {
        func read(_ frames: [Frame]) -> [FrameEvent] { events(frames, messageBytesMax: 10) }
        #expect(read([.text("1234567890")]) == [.text("1234567890")])
        #expect(read([.text("12345678901")]).map(\.violation) == [.tooBig])
        let half = Array("12345".utf8)
        #expect(read([.text("12345", isFinal: false), .more(half, isFinal: true)]) == [.text("1234512345")])
        #expect(read([.text("12345", isFinal: false), .more(half), .more([54])]).map(\.violation) == [.tooBig])
        #expect(read([.text("1234567890"), .text("1234567890")]).count == 2)
    }

    @Test func refusesTheClaimOfATooBigMessageBeforeItsBytes() {
        #expect(events(of: [0x81, 0xFE, 0xFF, 0xFF, 1, 2, 3, 4], messageBytesMax: 10).map(\.violation) == [.tooBig])
    }

    @Test func fails8_1BadTextInsideAFragment() {
        #expect(events([.more([])]).map(\.violation) == [.protocolError])
        let start = Frame(first: 0x01, payload: [0x41, 0xFF, 0x41]).bytes
        #expect(events(of: Array(start.dropLast())).map(\.violation) == [.invalidText])
    }

    @Test func checks8_1TextAcrossFragments() {
        let euro = Array("€".utf8)
        func read(_ parts: [[UInt8]]) -> [FrameEvent] {
            var frames = parts.map { Frame.more($0) }
            frames[0].first = 0x01
            frames[frames.count - 1].first |= 0x80
            return events(frames)
        }
        #expect(read([[euro[0]], [euro[1]], [], [euro[2]]]) == [.text("€")])
        #expect(read([[euro[0]], [euro[1], 0x41]]).map(\.violation) == [.invalidText])
        #expect(read([[euro[0], euro[1]], []]).map(\.violation) == [.invalidText])
        #expect(read([[0xED], [0xA0, 0x80]]).map(\.violation) == [.invalidText])
        #expect(events([.binary([0xFF])]) == [.binary([0xFF])])
        #expect(events([Frame(first: 0x81, payload: [0xC3])]).map(\.violation) == [.invalidText])
    }

    @Test func reads5_5_1CloseFrames() {
        #expect(events([.close([])]) == [.close(nil)])
        #expect(events([.close(1000)]) == [.close(1000)])
        #expect(events([.close(4321, String(repeating: "é", count: 61) + "!")]) == [.close(4321)])
        #expect(events([.close([3])]).map(\.violation) == [.protocolError])
        #expect(events([.close([3, 0xE8, 0xFF])]).map(\.violation) == [.invalidText])
        #expect(events([.close([3, 0xE8, 0xC3])]).map(\.violation) == [.invalidText])
    }

    @Test(
        arguments: [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999,
        ] as [UInt16])
    func takes7_4CodesThatAPeerMaySend(code: UInt16) {
        #expect(events([.close(code)]) == [.close(code)])
    }

    @Test(arguments: [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16])
    func refuses7_4CodesThatNobodyMaySend(code: UInt16) {
        #expect(events([.close(code)]).map(\.violation) == [.protocolError])
    }

    @Test func readsNothingAfterTheEnd() {
        #expect(events([.close(1000), .text("more"), .ping("")]) == [.close(1000)])
        #expect(events([Frame(first: 0x83, payload: []), .text("more"), .close(1000)]).count == 1)
        #expect(events([.close(1000), .text("more")], pieces: [1]) == [.close(1000)])
    }

    private let conversation: [Frame] = [
        .text("Grüße 👋🏽"), .ping("p"), .text("a", isFinal: false), .pong("q"), .more(Array("€".utf8), isFinal: true),
        .binary(Array(repeating: 7, count: 130)), .text(""), .close(1001, "bye"),
    ]

    @Test func readsTheSameHoweverTheStreamIsCut() {
        let bytes = conversation.flatMap(\.bytes)
        let whole = events(of: bytes)
        #expect(whole.count == 7)
        #expect(events(of: bytes, pieces: [1]) == whole)
        for cut in 1..<bytes.count where events(of: bytes, pieces: [cut, .max]) != whole {
            Issue.record("cut at \(cut)")
        }
    }

    @Test(arguments: 0..<100) func readsTheSameInRandomPieces(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var frames = (0..<20).map { _ in
            var frame = Frame.text(String(repeating: "aé€👋", count: Int.random(in: 0...60, using: &random)))
            frame.mask = (0..<4).map { _ in UInt8.random(in: 0...255, using: &random) }
            return frame
        }
        frames += conversation
        let pieces = (0..<2000).map { _ in Int.random(in: 1...40, using: &random) }
        #expect(events(frames, pieces: pieces) == events(frames))
    }

    @Test func survivesRandomBytes() {
        var random = SeededRandom(seed: 7)
        var ends = 0
        for _ in 0..<5000 {
            let bytes = (0..<60).map { _ in UInt8.random(in: 0...255, using: &random) }
            let start: [UInt8] = Bool.random(using: &random) ? [0x81, 0x80 | bytes[0] & 0x3F] : []
            if events(of: start + bytes).last?.violation != nil { ends += 1 }
        }
        #expect(ends > 4000)
    }
}
