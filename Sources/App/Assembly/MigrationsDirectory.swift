internal import Exit
internal import Foundation

/// Where the SQL files of the schema are.
enum MigrationsDirectory {
    /// `migrations` in the working directory, or beside the executable or one of the directories above it.
    static func find() throws(ExitFailure) -> String {
        var candidates = [FileManager.default.currentDirectoryPath]
        var directory = (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])).resolvingSymlinksInPath()
        for _ in 0..<6 {
            directory.deleteLastPathComponent()
            candidates.append(directory.path)
        }
        for candidate in candidates {
            let path = candidate + "/migrations"
            if FileManager.default.fileExists(atPath: path + "/0001_nodejschat.sql") { return path }
        }
        throw ExitFailure(
            .internalError,
            "the directory \"migrations\" was found neither in the working directory nor beside the executable")
    }
}
