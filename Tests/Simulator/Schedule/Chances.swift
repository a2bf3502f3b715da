/// The random choices of a simulation: SplitMix64, so the same choices for the same seed.
///
/// The draws are made here and not by the standard library, whose mapping from 64 bits to a range may change.
struct Chances: Sendable {
    private var state: UInt64

    /// Choices that start from a seed.
    init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number of the range, each about equally likely (the bias is too small to matter in a simulation).
    mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() >> 1) % (range.upperBound - range.lowerBound + 1)
    }

    /// One of the values, which must not be empty.
    mutating func pick<Value>(of values: [Value]) -> Value { values[pick(0...values.count - 1)] }

    /// True in `perMille` of a thousand cases.
    mutating func happens(perMille: Int) -> Bool { pick(0...999) < perMille }
}
