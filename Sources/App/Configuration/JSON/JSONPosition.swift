/// A place in a text file: line and column, both from 1; columns count bytes.
struct JSONPosition: Sendable, Equatable, Comparable {
    var line: Int
    var column: Int

    static func < (lhs: JSONPosition, rhs: JSONPosition) -> Bool { (lhs.line, lhs.column) < (rhs.line, rhs.column) }
}
