/// Turns the tree of a `site_conf.json` into settings, or into a list of everything that is wrong with it.
enum SiteConfReader {
    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - document: the whole file.
    ///   - directory: the base of relative paths.
    ///   - environmentURL: the value of `CHAT_DB_URL`, which overrides `db_url`.
    /// - Throws: `ConfigErrors` with every issue, under the name `source`.
    static func read(
        _ document: JSONNode, directory: String, environmentURL: String?, source: String
    ) throws(ConfigErrors) -> SiteConf {
        let reading = ConfigReading(directory: directory)
        var root = SectionReader(document, path: "", reading)
        var conf = SiteConf()
        for group in Settings.groups {
            if let section = group.section {
                guard var members = root.section(section) else { continue }
                for setting in group.settings { setting.read(&members, &conf) }
                members.finish()
            } else {
                for setting in group.settings { setting.read(&root, &conf) }
            }
        }
        root.finish()
        if document["ws_server"]?.value == .null {
            reading.add(
                "ws_server", "must not be null: without it there is nothing to serve",
                at: root.position(of: "ws_server"))
        }
        conf.database = completed(conf.database, environmentURL: environmentURL, root, reading)
        SiteConfContradictions.check(conf, root, reading)
        let issues = reading.issuesInFileOrder
        guard issues.isEmpty else { throw ConfigErrors(source: source, issues: issues) }
        return conf
    }

    /// Where the database is after `CHAT_DB_URL`, with the whole path of its directory.
    private static func completed(
        _ written: DatabaseLocation, environmentURL: String?, _ root: SectionReader, _ reading: ConfigReading
    ) -> DatabaseLocation {
        // Many shells and container tools set an empty variable for "not set".
        let overriding = environmentURL.flatMap { $0.isEmpty ? nil : DatabaseLocation($0) }
        guard case .embedded(let directory) = overriding ?? written else { return overriding ?? written }
        if directory.isEmpty {
            let (path, position) =
                overriding == nil ? ("db_url", root.position(of: "db_url")) : ("CHAT_DB_URL", nil)
            reading.add(path, "names no directory; write \"embedded:DIR\"", at: position)
        }
        return .embedded(directory: reading.resolve(directory))
    }
}
