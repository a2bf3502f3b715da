/// One SQL file of `migrations/`: `NNNN_name.sql`.
package struct MigrationFile: Sendable, Equatable {
    /// Its place in the order: 1, 2, 3 …
    var number: Int32
    /// The file's name.
    var name: String
    /// Its statements, which run in one transaction.
    var sql: String

    /// The number of a file name; nil unless it is four digits, an underscore, a word and `.sql`.
    static func number(ofName name: String) -> Int32? {
        let digits = name.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ ("0"..."9").contains($0) }), name.dropFirst(4).first == "_",
            name.hasSuffix(".sql"), name.utf8.count > "0000_.sql".utf8.count
        else { return nil }
        return Int32(digits)
    }

    /// The line (from 1) of a character position (from 1) in the file, as the server reports it.
    func line(ofPosition position: Int) -> Int {
        sql.unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" } + 1
    }
}
