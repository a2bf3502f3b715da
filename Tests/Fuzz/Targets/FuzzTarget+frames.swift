@testable internal import Net

/// The first byte chooses limits and compression, the second one the cuts; the rest is what the client sends.
func fuzzFrames(_ bytes: [UInt8]) throws(BrokenRule) {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let seed = input.byte()
    let stream = input.rest()
    let limits = FrameReader.Limits(
        messageBytesMax: options & 1 == 0 ? 65_536 : 64, fragmentsMax: options & 2 == 0 ? 1024 : 3)
    let policy: Compression.Policy = options & 4 == 0 ? .off : options & 8 == 0 ? .forgetful : .remembering
    let frames = FrameStream(limits: limits, compression: .agreed(policy))

    let events = frames.events(whole: stream)
    try check(events, limits)
    for other in [frames.events(byteByByte: stream), frames.events(stream, cuts: seed)] {
        try expect(
            isSame(events, other, isCompressed: frames.compression != nil),
            "cuts change what arrives: \(events) and \(other)")
    }
    guard frames.compression == nil else { return }
    let reference = ReferenceFrames.events(stream, limits)
    try expect(events == reference, "read \(events), the reference reads \(reference)")
}

private func check(_ events: [FrameEvent], _ limits: FrameReader.Limits) throws(BrokenRule) {
    for (index, event) in events.enumerated() {
        switch event {
        case .text(let text):
            try expect(text.count <= limits.messageBytesMax, "a text of \(text.count) bytes")
            try expect(String(validating: text, as: UTF8.self) != nil, "a text that is no UTF-8")
        case .binary(let bytes): try expect(bytes.count <= limits.messageBytesMax, "\(bytes.count) bytes")
        case .ping(let payload): try expect(payload.count <= 125, "a ping of \(payload.count) bytes")
        case .pong: break
        case .close(let code): try expect(code.map(CloseCode.isValidFromPeer) ?? true, "close code \(code ?? 0)")
        case .violation: break
        }
        try expect(!event.isLast || index == events.count - 1, "something follows \(event)")
    }
}

/// The same events; of one compressed piece too much and not UTF-8 the one or the other may be seen first.
private func isSame(_ one: [FrameEvent], _ other: [FrameEvent], isCompressed: Bool) -> Bool {
    if one == other { return true }
    let payloadFaults: Set<CloseCode> = [.tooBig, .invalidText]
    guard isCompressed, one.count == other.count, one.dropLast() == other.dropLast(),
        case .violation(let first, _) = one.last, case .violation(let second, _) = other.last
    else { return false }
    return payloadFaults.contains(first) && payloadFaults.contains(second)
}
