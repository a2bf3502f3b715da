internal import TestKit
internal import Testing

@testable internal import Net

/// Compressed messages from clients (RFC 7692), by section.
@Suite struct InflationTests {
    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    private func read(
        _ frames: [Frame], pieces: [Int] = [.max], messageBytesMax: Int = 70_000, keepsContext: Bool = false
    ) -> [FrameEvent] {
        let offer = "permessage-deflate" + (keepsContext ? "" : "; client_no_context_takeover")
        let compression = (try? ExtensionOffer.list([offer])).flatMap { Compression($0, policy: .remembering) }
        return events(frames, pieces: pieces, messageBytesMax: messageBytesMax, compression: compression)
    }

    private func compressed(_ payload: [UInt8], windowBits: Int32 = 15) throws -> [UInt8] {
        try #require(Deflater(windowBits: windowBits)?.deflate(payload))
    }

    /// What the deinitializer frees, the failed initializer must not have freed: it runs then too.
    @Test func whatZlibRefusesIsFreedOnce() {
        for windowBits: Int32 in [-1, 7, 16, .max] { #expect(Deflater(windowBits: windowBits) == nil) }
    }

    @Test(
        arguments: [
            hello, [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
            [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        ] as [[UInt8]])
    func readsTheExamplesOf7_2_3(payload: [UInt8]) {
        for keepsContext in [false, true] {
            let frames = [Frame(first: 0xC1, payload: payload), .text("plain"), Frame(first: 0xC1, payload: payload)]
            let expected = [FrameEvent.text("Hello"), .text("plain"), .text("Hello")]
            #expect(read(frames, keepsContext: keepsContext) == expected)
            #expect(read(frames, pieces: [1], keepsContext: keepsContext) == expected)
        }
    }

    @Test func reads6_1Fragments() {
        let parts = [
            Frame(first: 0x41, payload: Array(Self.hello[..<3])), .ping("p"), .more([]),
            .more(Array(Self.hello[3...]), isFinal: true),
        ]
        #expect(read(parts) == [.ping("p"), .text("Hello")])
        #expect(
            read([Frame(first: 0x42, payload: Self.hello), .more([], isFinal: true)]) == [.binary(Array("Hello".utf8))])
    }

    @Test func reads7_2_3_6TheEmptyMessage() {
        #expect(read([Frame(first: 0xC1, payload: [0]), .text("x")]) == [.text(""), .text("x")])
    }

    @Test func refersToEarlierMessagesOnlyIfThatWasAgreedOn() {
        let frames = [
            Frame(first: 0xC1, payload: Self.hello), Frame(first: 0xC1, payload: [0xF2, 0x00, 0x11, 0x00, 0x00]),
        ]
        #expect(read(frames, keepsContext: true) == [.text("Hello"), .text("Hello")])
        #expect(read(frames).map(\.violation) == [nil, .invalidText])
    }

    @Test func keepsItsWindowOverAFinalBlock() {
        let final = Frame(first: 0xC1, payload: [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])
        let frames = [final, Frame(first: 0xC1, payload: [0xF2, 0x00, 0x11, 0x00, 0x00])]
        #expect(read(frames, keepsContext: true) == [.text("Hello"), .text("Hello")])
    }

    @Test func refuses6_1RSV1WhereItMayNotBe() {
        func violation(_ frames: Frame...) -> CloseCode? { read(frames).last?.violation }
        #expect(events([Frame(first: 0xC1, payload: Self.hello)]).map(\.violation) == [.protocolError])
        #expect(violation(.text("a", isFinal: false), Frame(first: 0xC0, payload: [])) == .protocolError)
        #expect(violation(Frame(first: 0x41, payload: []), Frame(first: 0x40, payload: [])) == .protocolError)
        for opcode in [0xC8, 0xC9, 0xCA, 0xC3, 0xCB] as [UInt8] {
            #expect(violation(Frame(first: opcode, payload: [])) == .protocolError)
        }
        for first in [0xA1, 0x91, 0xE1, 0xD1, 0xF1] as [UInt8] {
            #expect(violation(Frame(first: first, payload: Self.hello)) == .protocolError)
        }
    }

    @Test(
        arguments: [
            [0xFF], [0x06], [0x00, 0x05, 0x00, 0xFF, 0xFF], [0xF2, 0x48, 0xCD], [0xF2, 0x48, 0xCD, 0xC9, 0xC9], [],
            [0x03, 0x00, 0x02], [0x00, 0x09, 0x00, 0xF6, 0xFF, 0x48], [0xF2, 0x00, 0x11, 0x00, 0x00],
        ] as [[UInt8]])
    func refusesWhatIsNoDeflate(payload: [UInt8]) {
        #expect(read([Frame(first: 0xC2, payload: payload)]).map(\.violation) == [.invalidText])
    }

    @Test func checksTextWhenItIsInflated() throws {
        let bad = try compressed(Array(repeating: 0x61, count: 500) + [0xFF] + Array(repeating: 0x61, count: 500))
        #expect(read([Frame(first: 0xC1, payload: bad)]).map(\.violation) == [.invalidText])
        #expect(read([Frame(first: 0x41, payload: bad)]).map(\.violation) == [.invalidText])
        #expect(read([Frame(first: 0xC2, payload: bad)]).first?.violation == nil)
        let cut = try compressed(Array(repeating: 0x61, count: 500) + [0xE2, 0x82])
        #expect(read([Frame(first: 0xC1, payload: cut)]).map(\.violation) == [.invalidText])
    }

    @Test func boundsWhatItInflates() throws {
        func bomb(_ count: Int) throws -> [UInt8] { try compressed(Array(repeating: 42, count: count)) }
        #expect(read([Frame(first: 0xC1, payload: try bomb(70_000))]).map(\.violation) == [nil])
        #expect(read([Frame(first: 0xC1, payload: try bomb(70_001))]).map(\.violation) == [.tooBig])
        let large = try bomb(8 << 20)
        #expect(large.count < 70_000)
        #expect(read([Frame(first: 0xC1, payload: large)]).map(\.violation) == [.tooBig])
        #expect(read([Frame(first: 0xC2, payload: large)], pieces: [100]).map(\.violation) == [.tooBig])
        let parts = stride(from: 0, to: large.count, by: 2000).map { Array(large[$0..<min($0 + 2000, large.count)]) }
        #expect(
            read([Frame(first: 0x41, payload: parts[0])] + parts[1...3].map { .more($0) }).map(\.violation) == [.tooBig]
        )
    }

    /// Never more than the limit and one piece exist of a bomb, whatever it would become.
    @Test func stopsInflatingAtTheLimit() throws {
        let bomb = try compressed(Array(repeating: 42, count: 8 << 20))
        let inflater = try #require(Inflater())
        var output: [UInt8] = []
        #expect(inflater.inflate(bomb.span, into: &output, max: 10_000) == .tooBig)
        #expect(output.count <= 10_000)
        #expect(output.capacity <= 40_000)
    }

    @Test func boundsCompressedBytesThatBecomeNothing() {
        let nothing = Array(Array(repeating: [0x00, 0x00, 0x00, 0xFF, 0xFF] as [UInt8], count: 200).joined())
        #expect(read([Frame(first: 0x42, payload: nothing)], messageBytesMax: 1000).isEmpty)
        #expect(
            read([Frame(first: 0x42, payload: nothing), .more(nothing)], messageBytesMax: 1000).map(\.violation) == [
                .tooBig
            ])
    }

    @Test(arguments: 9...15 as ClosedRange<Int32>) func readsWhatItsOwnSideWrites(windowBits: Int32) throws {
        var random = SeededRandom(seed: UInt64(windowBits))
        for _ in 0..<20 {
            let words = (0..<Int.random(in: 60...4000, using: &random)).map { _ in
                "word\(Int.random(in: 0...99, using: &random)) €"
            }
            let text = words.joined()
            let payload = try compressed(Array(text.utf8), windowBits: windowBits)
            #expect(payload.count < text.utf8.count)
            let pieces = (0..<500).map { _ in Int.random(in: 1...200, using: &random) }
            #expect(read([Frame(first: 0xC1, payload: payload)], pieces: pieces) == [.text(text)])
        }
    }

    @Test func doesNotCompressWhatWouldGrow() {
        var random = SeededRandom(seed: 3)
        let noise = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let deflater = Deflater(windowBits: 15)
        #expect(deflater?.deflate(noise) == nil)
        #expect(deflater?.deflate([]) == nil)
        #expect(deflater?.deflate([1]) == nil)
        #expect(deflater?.deflate(Array(repeating: 1, count: 100)) != nil)
    }

    @Test func survivesRandomBytes() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<3000 {
            let payload = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let events = read([Frame(first: 0xC2, payload: payload)], messageBytesMax: 5000)
            #expect(events.count == 1)
        }
    }
}
