internal import Foundation
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
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }  // it was only read; nothing can be lost
            let data = try file.read(upToCount: bytesMax + 1) ?? Data()
            guard data.count <= bytesMax else { throw failure("larger than \(bytesMax) bytes") }
            return Array(data)
        } catch let error as ConfigErrors {
            throw error
        } catch {
            throw failure("cannot be read: \(reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        guard underlying.domain == NSPOSIXErrorDomain, let code = Int32(exactly: underlying.code) else {
            return error.localizedDescription
        }
        return Errno(rawValue: code).description
    }
}
