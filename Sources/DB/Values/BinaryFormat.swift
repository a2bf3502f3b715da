internal import Rooms

/// PostgreSQL's binary formats: big-endian integers, arrays as in `array_send` (src/backend/utils/adt/arrayfuncs.c).
enum BinaryFormat {
    /// Microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch.
    static let epochOffsetMicroseconds: Int64 = 946_684_800_000_000

    /// A `timestamptz` value as sent: microseconds since 2000-01-01, saturating.
    static func postgresMicroseconds(_ time: Timestamp) -> Int64 {
        let (value, overflow) = time.microseconds.subtractingReportingOverflow(epochOffsetMicroseconds)
        return overflow ? .min : value
    }

    /// A moment from a `timestamptz` as received; the infinities become the last and first moments.
    static func timestamp(_ value: Int64) -> Timestamp {
        let (microseconds, overflow) = value.addingReportingOverflow(epochOffsetMicroseconds)
        return Timestamp(microseconds: overflow ? .max : microseconds)
    }

    /// Appends an integer, most significant byte first.
    static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        var shift = value.bitWidth - 8
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            shift -= 8
        }
    }

    /// Appends a one-dimensional `int4[]` or `int8[]`.
    static func append<Value: FixedWidthInteger>(_ values: [Value], to bytes: inout [UInt8]) {
        let size = Value.bitWidth / 8
        bytes.reserveCapacity(bytes.count + 20 + values.count * (4 + size))
        appendHeader(count: values.count, hasNull: false, elementType: size == 4 ? 23 : 20, to: &bytes)
        for value in values {
            append(Int32(clamping: size), to: &bytes)
            append(value, to: &bytes)
        }
    }

    /// Appends a one-dimensional `int8[]` with nulls.
    static func append(_ values: [Int64?], to bytes: inout [UInt8]) {
        appendHeader(count: values.count, hasNull: values.contains(nil), elementType: 20, to: &bytes)
        for value in values {
            append(Int32(value == nil ? -1 : 8), to: &bytes)
            if let value { append(value, to: &bytes) }
        }
    }

    /// Appends a one-dimensional `text[]`.
    static func append(_ values: [String?], to bytes: inout [UInt8]) {
        appendHeader(count: values.count, hasNull: values.contains(nil), elementType: 25, to: &bytes)
        for value in values {
            guard let value else {
                append(Int32(-1), to: &bytes)
                continue
            }
            append(Int32(clamping: value.utf8.count), to: &bytes)
            bytes.append(contentsOf: value.utf8)
        }
    }

    private static func appendHeader(count: Int, hasNull: Bool, elementType: UInt32, to bytes: inout [UInt8]) {
        append(Int32(count == 0 ? 0 : 1), to: &bytes)
        append(Int32(hasNull ? 1 : 0), to: &bytes)
        append(elementType, to: &bytes)
        guard count > 0 else { return }
        append(Int32(clamping: count), to: &bytes)
        append(Int32(1), to: &bytes)  // the lower bound
    }

    /// Reads an integer that fills `bytes` exactly; nil for another length.
    static func integer<Value: FixedWidthInteger>(_ bytes: some Collection<UInt8>, as: Value.Type) -> Value? {
        guard bytes.count == Value.bitWidth / 8 else { return nil }
        return bytes.reduce(Value.zero) { ($0 << 8) | Value(truncatingIfNeeded: $1) }
    }

    /// Reads a one-dimensional array of integers without nulls; nil if the bytes are anything else.
    static func integers<Value: FixedWidthInteger>(_ bytes: [UInt8], of: Value.Type) -> [Value]? {
        elements(bytes) { element in element.flatMap { integer($0, as: Value.self) } }
    }

    /// Reads a one-dimensional array of texts, a null as an empty text; nil if the bytes are anything else.
    static func texts(_ bytes: [UInt8]) -> [String]? { optionalTexts(bytes)?.map { $0 ?? "" } }

    /// Reads a one-dimensional array of texts and nulls; nil if the bytes are anything else.
    static func optionalTexts(_ bytes: [UInt8]) -> [String?]? {
        elements(bytes) { element in .some(element.map { String(decoding: $0, as: UTF8.self) }) }
    }

    /// Reads a one-dimensional array, its elements with `read`, which gets nil for a null.
    private static func elements<Value>(_ bytes: [UInt8], _ read: (ArraySlice<UInt8>?) -> Value?) -> [Value]? {
        var rest = bytes[...]
        func take<Field: FixedWidthInteger>(_ type: Field.Type) -> Field? {
            let field = rest.prefix(Field.bitWidth / 8)
            rest = rest.dropFirst(field.count)
            return integer(field, as: type)
        }
        guard let dimensions = take(Int32.self), take(Int32.self) != nil, take(UInt32.self) != nil else { return nil }
        guard dimensions == 1 else { return dimensions == 0 && rest.isEmpty ? [] : nil }
        // Each element takes 4 bytes for its length, which bounds the reserved capacity.
        guard let count = take(Int32.self), take(Int32.self) != nil, count >= 0, Int(count) <= rest.count / 4 else {
            return nil
        }
        var values: [Value] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = take(Int32.self), Int(length) <= rest.count, length >= -1 else { return nil }
            let element = length < 0 ? nil : rest.prefix(Int(length))
            rest = rest.dropFirst(max(0, Int(length)))
            guard let value = read(element) else { return nil }
            values.append(value)
        }
        return rest.isEmpty ? values : nil
    }
}
