internal import Rooms

/// A parameter of a statement, sent in PostgreSQL's binary format.
enum PostgresValue: Sendable, Equatable {
    case integer(Int32)
    case bigint(Int64)
    case text(String?)
    case uuid(WriterID)
    case timestamp(Timestamp?)
    case integers([Int32])
    case bigints([Int64])
    /// nil for an absent array.
    case optionalBigints([Int64?]?)
    /// nil for an absent array.
    case texts([String?]?)

    /// The object id of the type in `pg_type`, fixed by PostgreSQL.
    var typeID: UInt32 {
        switch self {
        case .integer: 23
        case .bigint: 20
        case .text: 25
        case .uuid: 2950
        case .timestamp: 1184
        case .integers: 1007
        case .bigints, .optionalBigints: 1016
        case .texts: 1009
        }
    }

    /// Appends the binary form to `bytes`; returns false, and appends nothing, for NULL.
    func encode(into bytes: inout [UInt8]) -> Bool {
        switch self {
        case .integer(let value): BinaryFormat.append(value, to: &bytes)
        case .bigint(let value): BinaryFormat.append(value, to: &bytes)
        case .text(let value):
            guard let value else { return false }
            bytes.append(contentsOf: value.utf8)
        case .uuid(let value):
            BinaryFormat.append(value.high, to: &bytes)
            BinaryFormat.append(value.low, to: &bytes)
        case .timestamp(let value):
            guard let value else { return false }
            BinaryFormat.append(BinaryFormat.postgresMicroseconds(value), to: &bytes)
        case .integers(let values): BinaryFormat.append(values, to: &bytes)
        case .bigints(let values): BinaryFormat.append(values, to: &bytes)
        case .optionalBigints(let values):
            guard let values else { return false }
            BinaryFormat.append(values, to: &bytes)
        case .texts(let values):
            guard let values else { return false }
            BinaryFormat.append(values, to: &bytes)
        }
        return true
    }
}
