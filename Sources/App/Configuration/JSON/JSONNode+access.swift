extension JSONNode {
    /// The value of a key, the last one if it is repeated; nil if this is not an object or has no such key.
    package subscript(key: String) -> JSONNode? {
        guard case .object(let members) = value else { return nil }
        return members.last { $0.key == key }?.node
    }

    /// The text of a string.
    package var string: String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    /// A whole number that fits into `Int`.
    package var integer: Int? {
        guard case .number(let text) = value, Self.isWhole(text) else { return nil }
        return Int(text)
    }
}
