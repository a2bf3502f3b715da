import Foundation
import Logging
import TestKit
import Testing

@testable import DB

@Suite(.timeLimit(.minutes(2)))
struct MigratorTests {
    @Test func appliesEachFileOnce() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let ours = Migrator(url: url, logger: Logger(label: "test"))
        let pending = try await ours.pending()
        #expect(pending.first == "0001_nodejschat.sql")
        #expect(try await ours.apply() == pending)
        #expect(try await ours.pending() == [])
        #expect(try await ours.apply() == [])
    }

    @Test func everyFileIsPartOfTheExecutable() throws {
        let directory = MigrationDirectory(url: URL(filePath: PostgresFixture.migrations))
        #expect(try MigrationFile.embedded == directory.files())
    }

    @Test func severalMayStartAtOnce() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let ours = Migrator(url: url, logger: Logger(label: "test"))
        let all = try await ours.pending()
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await ours.apply() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == all)
    }

    @Test func refusesAFileThatChanged() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await withMigrations(["0001_a.sql": "create table a (x int)"]) { directory in
            _ = try await directory.migrator(url).apply()
            try directory.write("0001_a.sql", "create table a (x bigint)")
            await #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
                _ = try await directory.migrator(url).apply()
            }
        }
    }

    @Test func aFailureInTheLastFileLeavesNothing() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let before = try await SQL(url).dump()
        let files = ["0001_a.sql": "create table a (x int);", "0002_b.sql": "create table b (x int);\n\n  selekt 1;"]
        try await withMigrations(files) { directory in
            let failure = await #expect(throws: MigrationError.self) { _ = try await directory.migrator(url).apply() }
            #expect(
                failure?.description
                    == #"migration 0002_b.sql, line 3: syntax error at or near "selekt" (SQLSTATE 42601)"#)
            #expect(try await SQL(url).dump() == before)
            #expect(try await directory.migrator(url).pending() == ["0001_a.sql", "0002_b.sql"])
            try directory.write("0002_b.sql", "create table b (x int)")
            #expect(try await directory.migrator(url).apply() == ["0001_a.sql", "0002_b.sql"])
        }
    }

    @Test func anOlderProgramSaysThatTheDatabaseIsNewer() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let files = ["0001_a.sql": "select 1", "0002_b.sql": "select 2", "0003_c.sql": "select 3"]
        try await withMigrations(files) { _ = try await $0.migrator(url).apply() }
        try await withMigrations(files.filter { $0.key < "0002" }) { older in
            for attempt in try [older.migrator(url).pending, older.migrator(url).apply] {
                let failure = await #expect(throws: MigrationError.self) { _ = try await attempt(.zero) }
                #expect(
                    failure?.description.hasPrefix(
                        "the database is newer than this program: migration 0002_b.sql has been applied") == true)
            }
            // But not when a file that is known was another one.
            try older.write("0001_a.sql", "select 4")
            await #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
                _ = try await older.migrator(url).apply()
            }
        }
    }

    /// What version 0.1.0 has left, with the first `count` files applied.
    private func asVersion010(_ url: String, applied count: Int) async throws {
        let files = Array(MigrationFile.embedded.prefix(count))
        _ = try await Migrator(url: url, files: files, logger: Logger(label: "test")).apply()
        try await SQL(url).run(
            """
            alter table roomcast_migrations rename to schema_migrations;
            alter table schema_migrations rename constraint roomcast_migrations_pkey to schema_migrations_pkey;
            """)
    }

    @Test(arguments: [0, 1, 5, 10]) func anInstallationOfVersion010MovesOver(applied: Int) async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        let ours = Migrator(url: url, logger: Logger(label: "test"))
        let all = try await ours.pending()
        if applied > 0 {
            try await asVersion010(url, applied: applied)
        } else {
            try await SQL(url).run(
                """
                create table schema_migrations (number integer primary key, name text not null, checksum text not null,
                    applied_at timestamptz not null default now())
                """)
        }
        #expect(try await ours.pending() == Array(all.dropFirst(applied)))
        #expect(try await ours.apply() == Array(all.dropFirst(applied)))
        #expect(try await ours.pending() == [])
        #expect(
            try await SQL(url).run(
                "select to_regclass('schema_migrations') is null, count(*), max(conname) from roomcast_migrations, pg_constraint"
                    + " where conrelid = 'roomcast_migrations'::regclass and contype = 'p'")
                == ["t|\(all.count)|roomcast_migrations_pkey"])
    }

    @Test func theMoveIsPartOfTheTransaction() async throws {
        let url = try await PostgresFixture.shared.emptyDatabase()
        try await asVersion010(url, applied: 10)
        let before = try await SQL(url).dump()
        let files = MigrationFile.embedded.prefix(10) + [MigrationFile(number: 11, name: "0011_", sql: "selekt 1")]
        await #expect(throws: MigrationError.self) {
            _ = try await Migrator(url: url, files: Array(files), logger: Logger(label: "test")).apply()
        }
        #expect(try await SQL(url).dump() == before)
    }

    @Test func everyNameInTheSchemaIsFoundInTheFiles() async throws {
        let sql = SQL(try await PostgresFixture.shared.database())
        let relations = try await sql.run(
            """
            select relname from pg_class c
            where relnamespace = 'public'::regnamespace and relname <> 'roomcast_migrations'
              and not exists (select from pg_constraint k where k.conindid = c.oid)
              and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')
            union select typname from pg_type
            where typnamespace = 'public'::regnamespace and typrelid = 0 and typelem = 0
            """)
        let functions = try await sql.run(
            "select distinct proname from pg_proc where pronamespace = 'public'::regnamespace")
        let names = MigrationFile.embedded
            .reduce(into: Set<SchemaName>()) { $0.formUnion($1.createdNames) }
        #expect(relations.count > 8 && functions.count > 15)
        for name in relations { #expect(names.contains(.relation(name)), "\(name)") }
        for name in functions { #expect(names.contains(.function(name)), "\(name)") }
    }

    @Test func namesAreFoundAtTheBeginningOfLines() {
        let sql = """
            create table a (x int);
            create unique index if not exists "b" on a (x);
            create or replace function c(d int) returns int language sql as 'select 1';
            create unlogged table e (x int);
            create materialized view f as select 1;
            create trigger g after insert on a for each statement execute function h();
              create table i (x int);
            -- create table j (x int);
            """
        #expect(
            MigrationFile(number: 1, name: "", sql: sql).createdNames
                == [.relation("a"), .relation("b"), .function("c"), .relation("e"), .relation("f")])
    }

    @Test func unreachableDatabaseIsOneClearError() async throws {
        let nowhere = Migrator(
            url: "host=/nonexistent password=hunter2", logger: Logger(label: "test"))
        let failure = await #expect(throws: MigrationError.self) { _ = try await nowhere.apply() }
        #expect(failure?.description.hasPrefix("the database cannot be reached: ") == true)
        #expect(failure?.description.contains("hunter2") == false)
    }

    @Test(arguments: [
        ("0001_rooms.sql", Int32(1)), ("0012_a_b.sql", 12), ("1_a.sql", nil), ("0001.sql", nil), ("0001_.sql", nil),
        ("００01_a.sql", nil),
    ])
    func numbersFiles(name: String, number: Int32?) {
        #expect(MigrationFile.number(ofName: name) == number)
    }

    @Test func planRefusesGapsAndRewrittenHistory() throws {
        func file(_ number: Int32, _ sum: String) -> MigrationPlan.Candidate {
            .init(file: MigrationFile(number: number, name: "\(number)", sql: ""), checksum: sum)
        }
        func applied(_ number: Int32, _ sum: String) -> MigrationPlan.Applied {
            .init(number: number, name: "\(number)", checksum: sum)
        }
        let plan = try MigrationPlan(files: [file(1, "a"), file(2, "b")], applied: [applied(1, "a")])
        #expect(plan.pending == [file(2, "b")])
        #expect(throws: MigrationError.self) { try MigrationPlan(files: [file(1, "a"), file(3, "c")], applied: []) }
        #expect(throws: MigrationError.self) { try MigrationPlan(files: [file(1, "a"), file(1, "c")], applied: []) }
        #expect(throws: MigrationError.changed(file: "1")) {
            try MigrationPlan(files: [file(1, "x")], applied: [applied(1, "a")])
        }
        #expect(throws: MigrationError.newer(file: "2")) {
            try MigrationPlan(files: [file(1, "a")], applied: [applied(1, "a"), applied(2, "b"), applied(3, "c")])
        }
        #expect(throws: MigrationError.changed(file: "1")) {
            try MigrationPlan(files: [file(1, "x")], applied: [applied(1, "a"), applied(2, "b")])
        }
    }
}
