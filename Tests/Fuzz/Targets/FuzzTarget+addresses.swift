internal import NIOCore
internal import NIOHTTP1

@testable internal import Net

/// What a trusted proxy says of a client: a PROXY protocol header, `X-Forwarded-For`, and the list of who is trusted.
///
/// The first byte chooses which of them, the second one the cuts.
func fuzzAddresses(_ bytes: [UInt8]) throws(BrokenRule) {
    var input = FuzzInput(bytes)
    let kind = input.byte() % 3
    let seed = input.byte()
    switch kind {
    case 0: try fuzzHeader(input.rest(), seed)
    case 1: try fuzzForwarded(input.rest())
    default: try fuzzBlock(input.text(64))
    }
}

/// A header ends at the same place however it is cut, within its limit, and what follows is passed on as it came.
private func fuzzHeader(_ stream: [UInt8], _ seed: UInt8) throws(BrokenRule) {
    let bytesMax = 4096
    let whole = outcome(stream, bytesMax: bytesMax) { .max }
    var cuts = Cuts(seed)
    for other in [outcome(stream, bytesMax: bytesMax) { 1 }, outcome(stream, bytesMax: bytesMax) { cuts.next() }] {
        try expect(whole == other, "whole: \(whole), cut: \(other)")
    }
    switch whole {
    case .wait: try expect(stream.count < bytesMax, "waits behind \(stream.count) bytes")
    case .pass(let rest, let client):
        try expect(
            Array(stream.suffix(rest.readableBytes)) == Array(rest.readableBytesView), "other bytes behind the header")
        if let client { try checkText(client) }
    case .fail(let reason): try expect(!reason.isEmpty, "a failure without a reason")
    }
}

/// What becomes of a stream in pieces of these sizes.
private func outcome(_ stream: [UInt8], bytesMax: Int, size: () -> Int) -> ProxyHeaderReader.Action {
    var reader = ProxyHeaderReader(bytesMax: bytesMax)
    var rest = stream[...]
    while !rest.isEmpty {
        let piece = rest.prefix(size())
        rest = rest.dropFirst(piece.count)
        switch reader.received(ByteBuffer(bytes: piece)) {
        case .wait: continue
        case .pass(var passed, let client):
            passed.writeBytes(rest)
            return .pass(passed, client: client)
        case .fail(let reason): return .fail(reason)
        }
    }
    return .wait
}

/// The client is one of the addresses in the list, or the sender; nobody's word but a trusted one's counts.
private func fuzzForwarded(_ bytes: [UInt8]) throws(BrokenRule) {
    let fields = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    let headers = HTTPHeaders(fields.map { ("X-Forwarded-For", $0) })
    let (sender, trusted) = (IPAddress(v4: 0x0a00_0001), AddressBlock("10.0.0.0/8"))
    try expect(TrustedProxies().client(headers, from: sender) == sender, "anybody is believed")
    let client = TrustedProxies([trusted].compactMap(\.self)).client(headers, from: sender)
    try checkText(client)
    // By the list alone: every address before the client's own place, from the end, is one of a proxy.
    try expect(client == sender || !fields.isEmpty, "a client from nowhere")
}

/// A block that is read has its own first address, and no IPv4 block an address of IPv6.
private func fuzzBlock(_ text: String) throws(BrokenRule) {
    guard let block = AddressBlock(text) else { return }
    guard let first = IPAddress(text.prefix { $0 != "/" }) else {
        return try expect(false, "a block without an address")
    }
    try expect(block.contains(first), "\(text) is without its first address")
    if text.contains("."), !text.contains(":") {
        try expect(!block.contains(IPAddress(high: 1, low: 1)), "\(text) holds an address of IPv6")
    }
    try checkText(first)
}

/// Digits, letters, dots and colons, which are read back as the same address.
private func checkText(_ address: IPAddress) throws(BrokenRule) {
    let text = address.description
    try expect(
        text.utf8.allSatisfy { (0x2e...0x3a).contains($0) && $0 != 0x2f || (0x61...0x66).contains($0) },
        "written as \(text)")
    try expect(IPAddress(text) == address, "\(text) is read back as \(String(describing: IPAddress(text)))")
}
