/// FNV-1a with 64 bits: a hash that is the same in every process. Not for input that an attacker chooses.
package struct FNV1a {
    /// The hash of what has been added.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// The hash of some bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = FNV1a()
        for byte in bytes { hash.add(UInt64(byte)) }
        return hash.value
    }

    /// Adds a byte, or a whole word as if it were one.
    package mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }
}
