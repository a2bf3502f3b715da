/// A place in a document: its order among the others, not yet its line.
package struct JSONPosition: Sendable, Equatable, Comparable {
    /// Bytes from the start of the document.
    package var offset: Int

    package static func < (lhs: JSONPosition, rhs: JSONPosition) -> Bool { lhs.offset < rhs.offset }
}
