/// Which migrations are still to be applied: the files against what the database remembers.
struct MigrationPlan: Equatable {
    /// A row of `roomcast_migrations`.
    struct Applied: Equatable {
        var number: Int32
        var name: String
        /// SHA-256 of the file as it was applied, hexadecimal.
        var checksum: String
    }

    /// A file with the checksum it has now.
    struct Candidate: Equatable {
        var file: MigrationFile
        var checksum: String
    }

    /// What has been applied, in this order.
    let applied: [Candidate]
    /// What is to be applied, in this order.
    let pending: [Candidate]

    /// Compares; both lists ascending.
    ///
    /// - Throws: `badFiles` for a gap or a number used twice, `changed` when an applied file is not what it was,
    ///   `newer` when more has been applied than there are files.
    init(files: [Candidate], applied: [Applied]) throws(MigrationError) {
        for (index, candidate) in files.enumerated() where Int(candidate.file.number) != index + 1 {
            throw .badFiles("migration \(candidate.file.name) is out of order: number \(index + 1) was expected")
        }
        // What was applied begins with the files: with numbers that have no gap, order and place are one.
        for (row, candidate) in zip(applied, files) {
            guard candidate.file.number == row.number, candidate.checksum == row.checksum else {
                throw .changed(file: row.name)
            }
        }
        if applied.count > files.count { throw .newer(file: applied[files.count].name) }
        self.applied = Array(files.prefix(applied.count))
        pending = Array(files.dropFirst(applied.count))
    }
}
