/// A place in a document: its order among the others, not yet its line.
struct JSONPosition: Sendable, Equatable, Comparable {
    /// Bytes from the start of the document.
    var offset: Int

    static func < (lhs: JSONPosition, rhs: JSONPosition) -> Bool { lhs.offset < rhs.offset }
}
