internal import CLibPQ

@testable internal import DB
@testable internal import Rooms

/// A cell of a row, read as every type that the server reads; and arrays of the input, written and read back.
func fuzzRows(_ bytes: [UInt8]) throws(BrokenRule) {
    if let result = oneCell(bytes) {
        let short = result.integer(0, 0, as: Int32.self)
        let long = result.integer(0, 0, as: Int64.self)
        try expect((short != nil) == (bytes.count == 4), "an int4 of \(bytes.count) bytes")
        try expect((long != nil) == (bytes.count == 8), "an int8 of \(bytes.count) bytes")
        if let time = result.timestamp(0, 0) {
            try expect(time.iso8601.utf8.count == 24, "the time \(time.iso8601)")
            let again = BinaryFormat.timestamp(BinaryFormat.postgresMicroseconds(time))
            try expect(again == time || time.microseconds < -Int64.max / 2, "\(time) becomes \(again)")
        }
        try expect(result.text(0, 0) == String(decoding: bytes, as: UTF8.self), "another text")
        try check(result.integers(0, 0, of: Int32.self), written: PostgresValue.integers, size: bytes.count)
        try check(result.integers(0, 0, of: Int64.self), written: PostgresValue.bigints, size: bytes.count)
        try expect(result.text(1, 0) == nil && result.text(0, 1) == nil, "a cell beyond the table")
    }
    var input = FuzzInput(bytes)
    var short: [Int32] = []
    var long: [Int64] = []
    while !input.isEmpty {
        short.append(input.integer())
        long.append(input.integer())
    }
    try check(short, written: PostgresValue.integers, size: nil)
    try check(long, written: PostgresValue.bigints, size: nil)
}

private func check<Value: FixedWidthInteger>(
    _ values: [Value]?, written: ([Value]) -> PostgresValue, size: Int?
) throws(BrokenRule) {
    guard let values else { return }
    var bytes: [UInt8] = []
    try expect(written(values).encode(into: &bytes), "an array written as NULL")
    try expect(BinaryFormat.integers(bytes, of: Value.self) == values, "an array that is not read back")
    if let size { try expect(values.isEmpty || bytes.count == size, "an array of another size") }
}

/// A result of one row and one column, as libpq makes it of the database's answer.
private func oneCell(_ bytes: [UInt8]) -> PostgresResult? {
    guard let result = PQmakeEmptyPGresult(nil, PGRES_TUPLES_OK) else { return nil }
    var name = Array("cell".utf8CString)
    var copy = bytes.map { CChar(bitPattern: $0) } + [0]
    let isMade = name.withUnsafeMutableBufferPointer { name in
        var attribute = PGresAttDesc()
        attribute.name = name.baseAddress
        attribute.format = 1
        return PQsetResultAttrs(result, 1, &attribute) != 0
    }
    let length = CInt(clamping: bytes.count)
    guard isMade, copy.withUnsafeMutableBufferPointer({ PQsetvalue(result, 0, 0, $0.baseAddress, length) }) != 0 else {
        PQclear(result)
        return nil
    }
    return PostgresResult(result)
}
