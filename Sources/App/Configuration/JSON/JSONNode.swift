/// A value of a JSON document with its position, so that an error can name it.
package struct JSONNode: Sendable, Equatable {
    /// A value; numbers keep their text because `5` and `5.0` mean different things in a configuration.
    package enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        case number(String)
        case string(String)
        case array([JSONNode])
        case object([Member])
    }

    /// A key of an object with its value; an object keeps repeated keys, in the order of the document.
    package struct Member: Sendable, Equatable {
        package var key: String
        package var node: JSONNode
        /// Orders the errors of the key among those of the document.
        package var keyPosition: JSONPosition { node.position }
    }

    package var value: Value
    /// Where the value begins.
    package var position: JSONPosition

    /// The type of the value, as text for an error message.
    var typeName: String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .number(let text): Self.isWhole(text) ? "a whole number" : "a fractional number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    static func isWhole(_ text: String) -> Bool { !text.utf8.contains { $0 == 0x2E || $0 == 0x65 || $0 == 0x45 } }
}
