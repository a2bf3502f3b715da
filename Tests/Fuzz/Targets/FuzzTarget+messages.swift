internal import NIOCore

@testable internal import Net

/// Makes messages, pings and a close of the input, writes them as frames, masks them, and reads them back: in any cut
/// the same comes out, except that a message over the limit ends it.
func fuzzMessages(_ bytes: [UInt8]) throws(BrokenRule) {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let seed = input.byte()
    let limits = FrameReader.Limits(messageBytesMax: options & 1 == 0 ? 65_536 : 200, fragmentsMax: 64)
    let policy: Compression.Policy = options & 2 == 0 ? .off : options & 4 == 0 ? .forgetful : .remembering
    let compression = Compression.agreed(policy)
    var sender = MaskedSender(
        compression: compression, deflater: Deflater(windowBits: Int32(9 + (options >> 3) % 7)), limits: limits)

    while !input.isEmpty, !sender.hasEnded, sender.bytes.count < 1 << 18 {
        switch input.byte() & 7 {
        case 0: sender.ping(input.take(Int(input.byte() & 0x7F)).prefix(125))
        case 1: sender.close(input.choice([1000, 1001, 1011, 4429, 4999]), input.text(Int(input.byte() & 0x3F)))
        case 2: sender.message(isText: false, pattern(&input), fragments: input.choice([1, 2, 7, 64]))
        default:
            // A pattern may cut a character; what is sent as text must be one.
            let text = Array(String(decoding: pattern(&input), as: UTF8.self).utf8)
            sender.message(isText: true, text, fragments: input.choice([1, 1, 3, 64]))
        }
    }
    let frames = FrameStream(limits: limits, compression: compression)
    let cuts = [frames.events(whole: sender.bytes), frames.events(sender.bytes, cuts: seed)]
    for events in cuts {
        try expect(
            isSame(events, sender.expected), "sent \(sender.expected), read \(events)")
    }
}

/// A short piece of the input, repeated: so one byte can make a message over the limit.
private func pattern(_ input: inout FuzzInput) -> [UInt8] {
    let times = input.choice([1, 1, 1, 2, 20, 130, 3000])
    let piece = input.take(Int(input.byte() & 0x3F))
    guard !piece.isEmpty else { return [] }
    return Array(repeatElement(piece, count: times).joined())
}

/// The same events; the words of a violation do not count.
private func isSame(_ one: [FrameEvent], _ other: [FrameEvent]) -> Bool {
    guard case .violation(let first, _) = one.last, case .violation(let second, _) = other.last else {
        return one == other
    }
    return first == second && one.dropLast() == other.dropLast()
}
