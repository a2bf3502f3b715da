internal import FoundationEssentials
internal import SystemPackage

/// The configuration file on disk.
package enum SiteConfFile {
    /// The largest file that is read.
    static let bytesMax = 1_048_576

    /// Reads and checks a configuration file; does nothing else.
    ///
    /// - Parameters:
    ///   - path: as the operator gave it; errors show it in this form.
    ///   - environment: its `CHAT_DB_URL` overrides `db_url`.
    /// - Throws: `ConfigErrors` with everything that is wrong.
    package static func load(path: String, environment: [String: String]) throws(ConfigErrors) -> SiteConf {
        let bytes = try contents(path: path)
        let root: JSONNode
        do {
            root = try JSONNode.read(bytes)
        } catch {
            let place = "\(path):\(error.line):\(error.column)"
            throw ConfigErrors(source: place, issues: [ConfigIssue(path: "", text: error.text)])
        }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try SiteConfReader.read(
            root, directory: directory, environmentURL: environment["CHAT_DB_URL"], source: path)
    }

    private static func contents(path: String) throws(ConfigErrors) -> [UInt8] {
        func failure(_ text: String) -> ConfigErrors {
            ConfigErrors(source: path, issues: [ConfigIssue(path: "", text: text)])
        }
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            let bytes = try file.closeAfter { try read(file) }
            guard bytes.count <= bytesMax else { throw failure("larger than \(bytesMax) bytes") }
            return bytes
        } catch let error as ConfigErrors {
            throw error
        } catch {
            throw failure("cannot be read: \(error)")
        }
    }

    /// The bytes of the file; some more than `bytesMax` if it has more.
    private static func read(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= bytesMax {
            let count = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }
}
