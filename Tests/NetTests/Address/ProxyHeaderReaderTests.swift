internal import NIOCore
internal import TestKit
internal import Testing

@testable internal import Net

@Suite struct ProxyHeaderReaderTests {
    /// What came of some bytes: the client, what is left, or a failure.
    private enum Result: Equatable {
        case waits
        case passes(String?, [UInt8])
        case fails
    }

    /// Reads the bytes in pieces; once the header is over, what follows is passed on as it is.
    private func read(_ pieces: [ArraySlice<UInt8>], bytesMax: Int = 4096) -> Result {
        var reader = ProxyHeaderReader(bytesMax: bytesMax)
        for (index, piece) in pieces.enumerated() {
            switch reader.received(ByteBuffer(bytes: piece)) {
            case .wait: continue
            case .pass(let rest, let client):
                let left = Array(rest.readableBytesView) + pieces[(index + 1)...].flatMap { $0 }
                return .passes(client?.description, left)
            case .fail: return .fails
            }
        }
        return .waits
    }

    private static let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)

    private static let good: [(header: [UInt8], client: String?)] = [
        (ProxyHeaders.text("TCP4 203.0.113.9 10.0.0.1 4660 56412"), "203.0.113.9"),
        (ProxyHeaders.text("TCP6 2001:db8::9 ::1 0 65535"), "2001:db8::9"),
        (ProxyHeaders.text("TCP6 ::ffff:203.0.113.9 ::ffff:10.0.0.1 1 2"), "203.0.113.9"),
        (ProxyHeaders.text("UNKNOWN"), nil),
        (ProxyHeaders.text("UNKNOWN and whatever follows"), nil),
        (
            ProxyHeaders.text(
                "TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535"),
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        ),
        (ProxyHeaders.text("UNKNOWN " + String(repeating: "x", count: 91)), nil),
        (ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4), "203.0.113.9"),
        (ProxyHeaders.binary(family: 0x12, ProxyHeaders.v4), "203.0.113.9"),
        (ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4 + ProxyHeaders.more), "203.0.113.9"),
        (ProxyHeaders.binary(family: 0x21, ProxyHeaders.v6 + ProxyHeaders.more), "2001:db8::9"),
        (
            ProxyHeaders.binary(
                family: 0x21,
                Array(repeating: 0, count: 10) + [255, 255, 203, 0, 113, 9]
                    + Array(repeating: 0, count: 20)), "203.0.113.9"
        ),
        (ProxyHeaders.binary(command: 0, family: 0x11, ProxyHeaders.v4), nil),
        (ProxyHeaders.binary(command: 0, family: 0, []), nil),
        (ProxyHeaders.binary(family: 0, []), nil),
        (ProxyHeaders.binary(family: 0, ProxyHeaders.more), nil),
        (ProxyHeaders.binary(family: 0x31, Array(repeating: 7, count: 216)), nil),
        // None at all.
        ([], nil),
    ]

    @Test(arguments: good.indices) func takesTheHeaderAndNoMore(index: Int) {
        let (header, client) = Self.good[index]
        #expect(read([(header + Self.request)[...]]) == .passes(client, Self.request))
        #expect(read((header + Self.request).map { [$0][...] }) == .passes(client, Self.request))
        // In two pieces, wherever they are cut, and whatever follows: here what looks like another header.
        let twice = header + ProxyHeaders.text("TCP4 1.2.3.4 1.2.3.4 1 2")
        for cut in 0...twice.count where !header.isEmpty {
            #expect(read([twice[..<cut], twice[cut...]]) == .passes(client, Array(twice[header.count...])))
        }
    }

    @Test(arguments: good.indices) func waitsForTheRest(index: Int) {
        let header = Self.good[index].header
        for end in header.indices { #expect(read([header[..<end]]) == .waits) }
    }

    @Test(arguments: [
        "TCP4 203.0.113.9 10.0.0.1 4660", "TCP4 203.0.113.9 10.0.0.1 4660 56412 ",
        "TCP4  203.0.113.9 10.0.0.1 4660 56412",
        "TCP4 2001:db8::9 ::1 1 2", "TCP6 203.0.113.9 10.0.0.1 1 2", "TCP4 203.0.113.9 ::1 1 2",
        "TCP4 203.0.113 10.0.0.1 1 2",
        "TCP4 203.0.113.9 10.0.0.1 65536 1", "TCP4 203.0.113.9 10.0.0.1 01 1", "TCP4 203.0.113.9 10.0.0.1 -1 1",
        "TCP4 203.0.113.9 10.0.0.1 +1 1", "TCP4 203.0.113.9 10.0.0.1  1", "TCP5 203.0.113.9 10.0.0.1 1 2", "", " ",
        "tcp4 1 2 3 4",
        "TCP4 203.0.113.9 10.0.0.1 1 2\nX", "TCP4 203.0.113.9\0 10.0.0.1 1 2", "UDP4 203.0.113.9 10.0.0.1 1 2",
        "UNKNOWN " + String(repeating: "x", count: 92), String(repeating: "x", count: 1000),
        "TCP4 \u{FFFD} 10.0.0.1 1 2",
    ])
    func refusesAMalformedLine(fields: String) {
        let header = ProxyHeaders.text(fields)
        #expect(read([(header + Self.request)[...]]) == .fails)
        #expect(read((header + Self.request).map { [$0][...] }) == .fails)
    }

    private static let bad: [[UInt8]] = [
        ProxyHeaders.binary(version: 1, family: 0x11, ProxyHeaders.v4),
        ProxyHeaders.binary(version: 3, family: 0x11, ProxyHeaders.v4),
        ProxyHeaders.binary(command: 2, family: 0x11, ProxyHeaders.v4),
        ProxyHeaders.binary(family: 0x11, Array(ProxyHeaders.v4.dropLast())),
        ProxyHeaders.binary(family: 0x11, []),
        ProxyHeaders.binary(family: 0x21, Array(ProxyHeaders.v6.dropLast())),
        ProxyHeaders.binary(family: 0x21, ProxyHeaders.v4),
        ProxyHeaders.binary(family: 0x31, Array(repeating: 7, count: 215)),
        ProxyHeaders.binary(family: 0x41, ProxyHeaders.v6), ProxyHeaders.binary(family: 0x13, ProxyHeaders.v4),
        ProxyHeaders.binary(family: 0x10, ProxyHeaders.v4), ProxyHeaders.binary(family: 0x01, ProxyHeaders.v4),
        ProxyHeaders.binary(family: 0xFF, []),
        ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4, length: 4081),
        ProxyHeaders.binary(command: 0, family: 0, [], length: .max),
    ]

    @Test(arguments: bad.indices) func refusesAMalformedHeader(index: Int) {
        #expect(read([(Self.bad[index] + Self.request)[...]]) == .fails)
        #expect(read((Self.bad[index] + Self.request).map { [$0][...] }) == .fails)
    }

    @Test func longestHeaderIsTaken() {
        let longest = ProxyHeaders.binary(family: 0x11, ProxyHeaders.v4 + Array(repeating: 0, count: 4068))
        #expect(longest.count == 4096)
        #expect(read([longest[...]]) == .passes("203.0.113.9", []))
        #expect(read([longest[...]], bytesMax: 4095) == .fails)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "POST /", "PROXY\r\n", "PUT", "\u{16}\u{3}\u{1}", "\r\nGET", "\r\n\r\nGET", "Q",
    ])
    func whatIsNoHeaderIsTheClients(text: String) {
        let bytes = Array(text.utf8)
        #expect(read([bytes[...]]) == .passes(nil, bytes))
        #expect(read(bytes.map { [$0][...] }) == .passes(nil, bytes))
    }

    @Test func noBytesOfAnyKindAreTooMuch() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<20_000 {
            var bytes = Self.good.randomElement(using: &random)?.header ?? []
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let all = bytes + Self.request
            let cut = Int.random(in: 0...all.count, using: &random)
            #expect(read([all[...]]) == read([all[..<cut], all[cut...]].filter { !$0.isEmpty }))
        }
    }
}
