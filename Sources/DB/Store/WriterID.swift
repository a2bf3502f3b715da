/// The name under which one lane of this process stores: a random UUID, version 4 (RFC 9562, section 5.4).
struct WriterID: Sendable, Hashable {
    /// The first 8 bytes.
    var high: UInt64
    /// The last 8 bytes.
    var low: UInt64

    /// A name that no other writer has.
    static func random() -> WriterID {
        WriterID(
            high: UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000,
            low: UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62)
    }
}
