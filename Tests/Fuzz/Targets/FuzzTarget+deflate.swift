@testable internal import Net

/// What was deflated inflates to the same; anything inflates to the same in any cut and never beyond the limit.
func fuzzDeflate(_ bytes: [UInt8]) throws(BrokenRule) {
    var input = FuzzInput(bytes)
    let options = input.byte()
    let seed = input.byte()
    let content = input.rest()
    let max = options & 0x80 == 0 ? 65_536 : 100

    if let deflated = Deflater(windowBits: Int32(9 + (options & 0x7F) % 7))?.deflate(content) {
        try expect(deflated.count < content.count, "\(content.count) bytes deflate to \(deflated.count)")
        let again = inflate(deflated, max: content.count)
        try expect(again == Inflated(outcome: .done, bytes: content), "deflated, it inflates to \(again)")
    }

    var cuts = Cuts(seed)
    let whole = inflate(content, max: max)
    let cut = inflate(content, max: max) { cuts.next() }
    try expect(whole.bytes.count <= max && cut.bytes.count <= max, "more than \(max) bytes")
    try expect(whole.outcome == cut.outcome, "whole: \(whole.outcome), cut: \(cut.outcome)")
    if whole.outcome == .done { try expect(whole == cut, "the cut changes what is inflated") }
}

private struct Inflated: Equatable {
    var outcome: Inflater.Outcome
    var bytes: [UInt8]
}

private func inflate(_ input: [UInt8], max: Int, size: () -> Int = { .max }) -> Inflated {
    guard let inflater = Inflater() else { return Inflated(outcome: .invalid, bytes: []) }
    var output: [UInt8] = []
    var rest = input[...]
    inflater.begin()
    while !rest.isEmpty {
        let piece = Array(rest.prefix(size()))
        rest = rest.dropFirst(piece.count)
        let outcome = inflater.inflate(piece.span, into: &output, max: max)
        if outcome != .done { return Inflated(outcome: outcome, bytes: output) }
    }
    return Inflated(outcome: inflater.finish(into: &output, max: max), bytes: output)
}
