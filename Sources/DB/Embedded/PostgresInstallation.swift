internal import FoundationEssentials

/// A PostgreSQL server installed on this machine.
struct PostgresInstallation: Sendable, Equatable {
    /// The directory of `postgres`, `initdb` and `pg_ctl`.
    var programs: String
    /// The major version, 15 for 15.18.
    var version: Int

    /// The newest installation, or the one that a cluster of `clusterVersion` needs.
    static func find(
        clusterVersion: Int?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(ClusterError) -> PostgresInstallation {
        var found: [PostgresInstallation] = []
        for directory in candidates(environment) where isComplete(directory) {
            guard let version = await version(ofPrograms: directory) else { continue }
            found.append(PostgresInstallation(programs: directory, version: version))
        }
        guard let clusterVersion else {
            guard let newest = found.max(by: { $0.version < $1.version }) else {
                throw .notInstalled(
                    "no PostgreSQL server is installed (looked in /usr/lib/postgresql, PG_CONFIG and PATH); "
                        + "install the package postgresql, or set db_url to a database elsewhere")
            }
            return newest
        }
        guard let match = found.first(where: { $0.version == clusterVersion }) else {
            throw .notInstalled("the cluster was made by PostgreSQL \(clusterVersion), which is not installed")
        }
        return match
    }

    /// The version in the output of `postgres --version`: "postgres (PostgreSQL) 15.18 (Debian …)", "… 17beta1".
    static func version(in text: String) -> Int? {
        guard let number = text.split(separator: " ").first(where: { $0.first?.isNumber == true }) else { return nil }
        return Int(number.prefix(while: \.isNumber))
    }

    private static func candidates(_ environment: [String: String]) -> [String] {
        var candidates: [String] = []
        // PG_CONFIG names the program of the wanted installation, which is usually in the same directory as the server.
        if let program = environment["PG_CONFIG"], let slash = program.lastIndex(of: "/") {
            candidates.append(String(program[..<slash]))
        }
        for root in ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/postgresql"] {
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
            candidates += versions.sorted().map { "\(root)/\($0)/bin" }
        }
        candidates += (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        return candidates
    }

    private static func isComplete(_ directory: String) -> Bool {
        ["postgres", "initdb", "pg_ctl"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)")
        }
    }

    private static func version(ofPrograms directory: String) async -> Int? {
        let command = PostgresCommand(programs: directory, owner: nil)
        guard let answer = try? await command.run("postgres", ["--version"]), answer.isSuccess else { return nil }
        return version(in: answer.output)
    }
}
