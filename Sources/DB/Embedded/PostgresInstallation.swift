internal import FoundationEssentials

/// A PostgreSQL server installed on this machine.
struct PostgresInstallation: Sendable, Equatable {
    /// The directory of `postgres`, `initdb` and `pg_ctl`.
    var programs: String
    /// The major version, 15 for 15.18.
    var version: Int

    /// The installation that a cluster of `clusterVersion` needs; for a new cluster that of `PG_CONFIG`, or else the newest one.
    static func find(
        clusterVersion: Int?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(ClusterError) -> PostgresInstallation {
        var found: [PostgresInstallation] = []
        for directory in candidates(environment) where isComplete(directory) {
            guard let version = await version(ofPrograms: directory) else { continue }
            found.append(PostgresInstallation(programs: directory, version: version))
        }
        guard let clusterVersion else {
            let wanted = wanted(environment)
            let newest = found.max { $0.version < $1.version }
            guard let chosen = found.first(where: { $0.programs == wanted }) ?? newest else {
                throw .notInstalled(
                    "no PostgreSQL server is installed (looked in /usr/lib/postgresql, PG_CONFIG and PATH); "
                        + "install the package postgresql, or set db_url to a database elsewhere")
            }
            return chosen
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

    /// The directory of the program that `PG_CONFIG` names, which is usually also that of the server.
    private static func wanted(_ environment: [String: String]) -> String? {
        guard let program = environment["PG_CONFIG"], let slash = program.lastIndex(of: "/") else { return nil }
        return String(program[..<slash])
    }

    private static func candidates(_ environment: [String: String]) -> [String] {
        var candidates = [wanted(environment)].compactMap(\.self)
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
