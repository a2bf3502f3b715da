/// Where a stream is cut into the pieces that arrive: sizes that follow from one byte of the input.
struct Cuts {
    private var state: UInt32

    init(_ seed: UInt8) { state = UInt32(seed) &* 2_654_435_761 | 1 }

    /// The size of the next piece: mostly small, now and then large.
    mutating func next() -> Int {
        state = state &* 1_664_525 &+ 1_013_904_223
        let value = Int(state >> 16)
        return value & 7 == 0 ? 1 + value >> 3 & 0xFFF : 1 + value >> 3 & 15
    }
}
