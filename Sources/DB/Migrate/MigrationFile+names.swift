extension MigrationFile {
    /// The names that the file's statements `create` in the schema, found by the words at the beginning of lines.
    ///
    /// Names that PostgreSQL chooses by itself (indexes of constraints, sequences of identity columns) are not
    /// included: it chooses free names.
    var createdNames: Set<SchemaName> { Set(sql.split(whereSeparator: \.isNewline).compactMap(Self.createdName)) }

    private static let modifiers: Set<Substring> = ["or", "replace", "unique", "unlogged", "materialized", "recursive"]
    private static let spaces: [Substring: SchemaName.Space] = [
        "table": .relation, "view": .relation, "index": .relation, "sequence": .relation, "type": .relation,
        "domain": .relation, "function": .function, "procedure": .function, "aggregate": .function,
    ]

    private static func createdName(line: Substring) -> SchemaName? {
        guard line.hasPrefix("create ") else { return nil }
        let words = line.split { $0 == " " || $0 == "(" }.dropFirst().drop { modifiers.contains($0) }
        guard let space = words.first.flatMap({ spaces[$0] }) else { return nil }
        let name = words.dropFirst().drop { ["if", "not", "exists"].contains($0) }.first
        return name.map { SchemaName(space: space, name: String($0.replacing("\"", with: ""))) }
    }
}
