extension SettingType<String> {
    /// A string that is not empty and holds no NUL.
    static let string = SettingType(name: "string", allowed: "not empty") { value in
        guard case .string(let text) = value.node.value else {
            value.reject("expected a string, found \(value.node.typeName)")
            return nil
        }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            value.reject("must be a string that is not empty and holds no NUL")
            return nil
        }
        return text
    } write: {
        "\"\($0)\""
    }
}

extension SettingType<String> {
    /// The name of a schema of PostgreSQL that needs no quotes but for key words, and is not reserved for the system.
    static let schemaName: SettingType = {
        let allowed = "1 to 63 of a-z, 0-9 and _, beginning with no digit and not with pg_"
        return SettingType(name: "string", allowed: allowed) { value in
            guard let name = string.read(value) else { return nil }
            guard name.wholeMatch(of: /[a-z_][a-z0-9_]{0,62}/) != nil, !name.hasPrefix("pg_") else {
                value.reject("\(name.debugDescription) is not allowed as the name of a schema; allowed: \(allowed)")
                return nil
            }
            return name
        } write: {
            string.write($0)
        }
    }()
}

extension SettingType<String?> {
    /// A string, or `null`.
    static let optionalString = SettingType(name: "string or null", allowed: "not empty") { value in
        value.node.value == .null ? .some(nil) : SettingType<String>.string.read(value)
    } write: {
        $0.map { SettingType<String>.string.write($0) } ?? "null"
    }

    /// The path of a file, relative to the configuration file, or `null`.
    static let optionalPath = SettingType(name: "path or null", allowed: "a file") { value in
        optionalString.read(value).map { $0.map { value.reading.resolve($0) } }
    } write: {
        optionalString.write($0)
    }

    /// A WebSocket address, or `null`.
    static let optionalWebSocketURL = SettingType(name: "string or null", allowed: "ws://HOST or wss://HOST") { value in
        guard let text = optionalString.read(value) else { return nil }
        if let text, !WebAddress.isWebSocketURL(text) {
            value.reject("expected an address that begins with ws:// or wss:// and names a host")
        }
        return .some(text)
    } write: {
        optionalString.write($0)
    }
}
