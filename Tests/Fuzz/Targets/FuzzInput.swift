/// Takes an input apart into choices and contents; an input that is used up goes on with zeros.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value {
        var value = Value.zero
        for _ in 0..<Value.bitWidth / 8 { value = value << 8 | Value(truncatingIfNeeded: byte()) }
        return value
    }

    /// One of these; the first for an input that is used up.
    mutating func choice<Value>(_ values: [Value]) -> Value { values[Int(byte()) % values.count] }

    /// At most so many of the next bytes.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    /// Text of at most so many bytes; what is no UTF-8 is mended.
    mutating func text(_ count: Int) -> String { String(decoding: take(count), as: UTF8.self) }

    /// All that is left.
    mutating func rest() -> [UInt8] { take(bytes.count) }
}
