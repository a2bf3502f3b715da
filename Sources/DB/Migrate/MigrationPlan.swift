/// The migrations still to be applied: compares the files with the records in the database.
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

    /// The applied migrations, in this order.
    let applied: [Candidate]
    /// The migrations to apply, in this order.
    let pending: [Candidate]

    /// Compares the lists; both are ascending.
    ///
    /// - Throws: `badFiles` for a gap or a number used twice, `changed` if an applied file has changed since, `newer`
    ///   if more migrations have been applied than there are files.
    init(files: [Candidate], applied: [Applied]) throws(MigrationError) {
        for (index, candidate) in files.enumerated() where Int(candidate.file.number) != index + 1 {
            throw .badFiles("migration \(candidate.file.name) is out of order: number \(index + 1) was expected")
        }
        // The applied migrations are the first files: without gaps in the numbers, the order gives the place.
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
