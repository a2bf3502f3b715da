internal import NIOHTTP1

@testable internal import Net

/// An upgrade that is good but for what the lines of the input put into it: target, `Host`, `Origin`, `Cookie`,
/// `Authorization`, `Sec-WebSocket-Extensions`, then any fields, then what follows the request.
func fuzzUpgrade(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let seed = input.byte()
    let lines = input.rest().split(separator: 0x0A, maxSplits: 8, omittingEmptySubsequences: false)
    let site = UpgradeWitness(
        allowedOrigins: options & 1 == 0 ? nil : ["https://chat.example"],
        compression: options & 2 == 0 ? .forgetful : .remembering, isFull: options & 0xFC == 0xFC)

    var request = Array("GET /".utf8)
    request += lines[0]
    request += Array(" HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n".utf8)
    request += Array("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n".utf8)
    let names = ["Host", "Origin", "Cookie", "Authorization", "Sec-WebSocket-Extensions"]
    for (name, value) in zip(names, lines.dropFirst()) where !value.isEmpty {
        request += Array("\(name): ".utf8) + value + [0x0D, 0x0A]
    }
    for field in lines.dropFirst(6).prefix(2) where !field.isEmpty { request += field + [0x0D, 0x0A] }
    let frames = lines.count > 8 ? Array(lines[8]) : []
    request += [0x0D, 0x0A] + frames

    let port: HTTPTrial.Port = options & 4 == 0 ? .sockets : .shared
    _ = try HTTPTrial(port, site: site).talk(request, cuts: seed)
    try expect(site.upgradedCount == 0 || site.socket.bytes == frames, "not the frames that were sent")
    try checkParts(lines)
}

/// The readers of single values, given what no decoder would let through.
private func checkParts(_ lines: [ArraySlice<UInt8>]) throws {
    let texts = lines.map { String(decoding: $0, as: UTF8.self) }
    for text in texts {
        _ = try? QueryString(uri: "/?" + text)
        let offers = (try? ExtensionOffer.list([text])) ?? []
        for offer in offers {
            let tokens = [offer.name] + offer.parameters.flatMap { [$0.name, $0.value ?? "x"] }
            try expect(tokens.allSatisfy { !$0.isEmpty }, "an empty token in an extension")
        }
        for policy in [Compression.Policy.off, .forgetful, .remembering] {
            guard let agreed = Compression(offers, policy: policy) else { continue }
            try expect(policy != .off, "compression that is off is agreed on")
            try expect((9...15).contains(agreed.serverClass.windowBits), "\(agreed.serverClass.windowBits) window bits")
            try expect(policy == .remembering || !agreed.clientKeepsContext, "context is kept against the policy")
        }
        try checkAddress(text)
    }
}

private func checkAddress(_ text: String) throws {
    if let origin = WebSocketAddress.origin(of: text) {
        // It becomes a word of a Content-Security-Policy.
        let isWord = origin.utf8.allSatisfy { $0 > 0x20 && !"\"'<>;,\\".utf8.contains($0) && $0 != 0x7F }
        try expect(isWord, "an origin that is no word: \(origin.debugDescription)")
    }
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: text, headers: ["host": text])
    guard let request = try? HTTPRequest(head) else { return }
    try expect(request.path.utf8.first == UInt8(ascii: "/"), "a path without /")
    if let url = WebSocketAddress.sameHost(port: 1, tls: false).url(host: request.host) {
        try expect(WebSocketAddress.origin(of: url) != nil, "\(url) has no origin")
    }
}
