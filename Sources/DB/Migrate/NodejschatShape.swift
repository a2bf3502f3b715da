/// How to distinguish the objects of nodejschat 0.1.0 from those of any other application.
///
/// Its tables have exactly these columns in this order; the types are the original ones and those of manual upgrades
/// (0008 copies all of them without loss). Its sequence is not among our names, so it may be missing.
enum NodejschatShape {
    private static let text = ["text", "character varying"]
    private static let integers = ["integer", "bigint"]
    private static let times = ["timestamp without time zone", "timestamp with time zone"]

    /// Whether the table has the columns of its `sessions`.
    static func isSessions(_ object: SchemaObject) -> Bool {
        has(object, [("key", text), ("user", text), ("room", ["integer"])])
    }

    /// Whether the table has the columns of its `log`.
    static func isLog(_ object: SchemaObject) -> Bool {
        has(
            object,
            [("message_id", integers), ("room", ["integer"]), ("time", times), ("user", text), ("message", text)])
    }

    /// Whether the function can be replaced by our `new_message`, keeping its grants: only the body may differ.
    static func isNewMessage(_ object: SchemaObject) -> Bool {
        object.name == .function("new_message")
            && object.shape == [
                "room integer, message_time timestamp with time zone, message_user text, message text", "void",
            ]
    }

    private static func has(_ object: SchemaObject, _ columns: [(name: String, types: [String])]) -> Bool {
        object.kind == "table" && object.shape.count == columns.count
            && zip(object.shape, columns).allSatisfy { found, column in
                column.types.contains { found == "\(column.name) \($0)" }
            }
    }
}
