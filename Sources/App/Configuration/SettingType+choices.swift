internal import Logging

extension SettingType<Logger.Level> {
    /// The name of a log level.
    static let logLevel: SettingType = {
        let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        return SettingType(name: "string", allowed: names) { value in
            guard let name = SettingType<String>.string.read(value) else { return nil }
            guard let level = Logger.Level(rawValue: name) else {
                value.reject("expected one of \(names)")
                return nil
            }
            return level
        } write: {
            "\"\($0.rawValue)\""
        }
    }()
}

extension SettingType<DatabaseLocation> {
    /// Where the database is. `CHAT_DB_URL` may override it, so the reader of the whole file completes it.
    static let databaseLocation = SettingType(
        name: "string", allowed: "libpq connection string or URI, or embedded:DIR"
    ) { value in
        SettingType<String>.string.read(value).map { DatabaseLocation($0) }
    } write: {
        switch $0 {
        case .url(let text): SettingType<String>.string.write(text)
        case .embedded(let directory): SettingType<String>.string.write("embedded:\(directory)")
        }
    }
}

extension SettingType<Bool> {
    /// The object of a server, whose members are settings of their own, or `null`, which turns it off.
    static let serverOrNull = SettingType(name: "object or null", allowed: "null turns it off") { value in
        value.node.value != .null
    } write: {
        $0 ? "{}" : "null"
    }
}
