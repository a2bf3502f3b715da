internal import CLibPQ
internal import Rooms

/// The rows of a result, in binary format, freed with the last reference.
///
/// Unchecked because of the pointer: libpq does not change a `PGresult` once it is complete (manual, chapter "Behavior
/// in Threaded Programs"), nothing else holds it, and `deinit` runs once.
@safe final class PostgresResult: @unchecked Sendable {
    /// The fields of an error; postgres_ext.h defines them as macros that Swift does not import.
    private enum ErrorField: UInt8 {
        case sqlState = 67  // C
        case message = 77  // M
        case position = 80  // P
        case table = 116  // t
        case column = 99  // c
        case constraint = 110  // n
    }

    private let pointer: OpaquePointer

    /// Takes ownership of a complete result.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

    deinit { unsafe PQclear(pointer) }

    /// How many rows there are.
    var rowCount: Int { Int(unsafe PQntuples(pointer)) }

    /// The status, which distinguishes an error from rows.
    var status: ExecStatusType { unsafe PQresultStatus(pointer) }

    /// The error with which the server refused the statement; nil if it did not.
    var refusal: PostgresError.Refusal? {
        guard status == PGRES_FATAL_ERROR else { return nil }
        return PostgresError.Refusal(
            code: field(.sqlState) ?? "", message: field(.message) ?? "",
            position: field(.position).flatMap { Int($0) },
            subject: [field(.table), field(.column), field(.constraint)].compactMap(\.self).joined(separator: "."))
    }

    /// The column's integer; nil for NULL or for a type of another size.
    func integer<Value: FixedWidthInteger>(_ row: Int, _ column: Int, as type: Value.Type = Value.self) -> Value? {
        unsafe withCell(row, column) { unsafe BinaryFormat.integer($0, as: type) }
    }

    /// The column's text, nil for NULL.
    func text(_ row: Int, _ column: Int) -> String? {
        unsafe withCell(row, column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The column's `timestamptz`, nil for NULL.
    func timestamp(_ row: Int, _ column: Int) -> Timestamp? {
        integer(row, column, as: Int64.self).map(BinaryFormat.timestamp)
    }

    /// The column's array of integers, nil for NULL.
    func integers<Value: FixedWidthInteger>(_ row: Int, _ column: Int, of type: Value.Type = Value.self) -> [Value]? {
        unsafe withCell(row, column) { unsafe BinaryFormat.integers(Array($0), of: type) }
    }

    /// The column's array of `timestamptz`, nil for NULL.
    func timestamps(_ row: Int, _ column: Int) -> [Timestamp]? {
        integers(row, column, of: Int64.self).map { $0.map(BinaryFormat.timestamp) }
    }

    /// The column's array of texts, nil for NULL; a NULL in it is an empty text.
    func texts(_ row: Int, _ column: Int) -> [String]? {
        unsafe withCell(row, column) { unsafe BinaryFormat.texts(Array($0)) }
    }

    /// The column's array of texts and NULLs, nil for NULL.
    func optionalTexts(_ row: Int, _ column: Int) -> [String?]? {
        unsafe withCell(row, column) { unsafe BinaryFormat.optionalTexts(Array($0)) }
    }

    private func withCell<Value>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        guard let row = Int32(exactly: row), let column = Int32(exactly: column),
            unsafe PQgetisnull(pointer, row, column) == 0,
            let start = unsafe PQgetvalue(pointer, row, column)
        else { return nil }
        let count = Int(unsafe PQgetlength(pointer, row, column))
        return unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }

    private func field(_ field: ErrorField) -> String? {
        guard let text = unsafe PQresultErrorField(pointer, Int32(field.rawValue)) else { return nil }
        return unsafe String(cString: text)
    }
}
