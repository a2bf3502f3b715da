/// The table that records the applied migrations, `roomcast_migrations`.
///
/// Version 0.1.0 called it `schema_migrations`, a name that frameworks use, too. Such a table is ours only if it has
/// our columns and our rows; then it is renamed when migrations are applied. Any other is left unchanged.
enum MigrationRecords: Equatable {
    /// Nothing has been applied.
    case none
    /// `roomcast_migrations`.
    case current
    /// `schema_migrations` with our columns.
    case former

    /// The name of the table.
    static let name = "roomcast_migrations"
    private static let formerName = "schema_migrations"

    /// The names to look up in the schema.
    static let names = [name, formerName]

    /// Finds the table among the objects with these names.
    ///
    /// - Throws: `foreign` if something else is called `roomcast_migrations`.
    init(found: [SchemaObject]) throws(MigrationError) {
        if let object = found.first(where: { $0.name == .relation(Self.name) }) {
            guard Self.hasOurShape(object) else { throw .foreign([object.description]) }
            self = .current
        } else if found.contains(where: { $0.name == .relation(Self.formerName) && Self.hasOurShape($0) }) {
            self = .former
        } else {
            self = .none
        }
    }

    /// Reads number, name and checksum of each migration, ascending.
    var reading: Statement? {
        switch self {
        case .none: nil
        case .current: .once("select number, name, checksum from \(Self.name) order by number")
        case .former: .once("select number, name, checksum from \(Self.formerName) order by number")
        }
    }

    /// The SQL that creates `roomcast_migrations`, or renames the former table; empty if there is nothing to do.
    var preparation: String {
        switch self {
        case .current: ""
        case .none: Self.creation
        case .former: Self.renaming
        }
    }

    /// Records number, name and checksum.
    static let insertion = Statement.once("insert into \(name) (number, name, checksum) values ($1, $2, $3)")

    /// Whether these rows are ours: each has the name of a file with its number, and a SHA-256.
    static func areOurs(_ rows: [MigrationPlan.Applied]) -> Bool {
        rows.allSatisfy { row in
            MigrationFile.number(ofName: row.name) == row.number && row.checksum.utf8.count == 64
                && row.checksum.allSatisfy(\.isHexDigit)
        }
    }

    private static func hasOurShape(_ object: SchemaObject) -> Bool {
        object.kind == "table" && object.primaryKey == "PRIMARY KEY (number)"
            && object.shape == [
                "number integer", "name text", "checksum text", "applied_at timestamp with time zone",
            ]
    }

    private static let creation = """
        create table \(name) (
            number integer primary key,
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default now()
        )
        """

    private static let renaming = """
        do $$
        declare
            key_name name;
        begin
            alter table \(formerName) rename to \(name);
            select conname into strict key_name from pg_constraint
                where conrelid = to_regclass('\(name)') and contype = 'p';
            execute format('alter table \(name) rename constraint %I to \(name)_pkey', key_name);
        end
        $$
        """
}
