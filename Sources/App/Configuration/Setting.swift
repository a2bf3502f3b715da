/// One setting of `site_conf.json`: all that reading, reloading, documents and `App check --explain` know of it.
///
/// Its default is the initial value of the property that keeps it.
package struct Setting: Sendable {
    /// Where it is in the file, such as `limits.ping_interval_s`.
    package let path: String
    /// The last part of the path: its key in its section.
    package let key: String
    /// What JSON it takes, such as `whole number`.
    package let type: String
    /// The allowed values, such as `2 to 100`.
    package let allowed: String
    /// What a number counts; nil where that is no question.
    package let unit: String?
    /// The default as JSON.
    package let defaultValue: String
    /// How the default follows from other settings; nil if it does not.
    package let defaultNote: String?
    /// When a change takes effect.
    package let effect: SettingEffect
    /// One sentence that explains it.
    package let explanation: String

    /// Reads the value from its section, or sets the default if it is absent or wrong.
    let read: @Sendable (inout SectionReader, inout SiteConf) -> Void
    /// Whether two configurations agree on it.
    package let isSame: @Sendable (SiteConf, SiteConf) -> Bool
    /// Whether a running server can change it from the value of the first configuration to that of the second.
    package let isLive: @Sendable (SiteConf, SiteConf) -> Bool
    /// Gives the first configuration the value of the second.
    package let copy: @Sendable (inout SiteConf, SiteConf) -> Void

    /// - Parameters:
    ///   - value: the property that keeps the value.
    ///   - derived: the default, if it depends on other settings.
    ///   - condition: what else must be true of both configurations for a change without a restart.
    init<Value: Equatable & Sendable>(
        _ path: String, _ value: any WritableKeyPath<SiteConf, Value> & Sendable, _ type: SettingType<Value>,
        unit: String? = nil, default derived: DerivedDefault<Value>? = nil, _ effect: SettingEffect,
        if condition: @escaping @Sendable (SiteConf) -> Bool = { _ in true }, _ explanation: String
    ) {
        self.path = path
        let key = path.split(separator: ".").last.map { String($0) } ?? path
        self.key = key
        self.type = type.name
        allowed = type.allowed
        self.unit = unit
        defaultValue = type.write(SiteConf()[keyPath: value])
        defaultNote = derived?.note
        self.effect = effect
        self.explanation = explanation
        read = { section, conf in
            let fallback = derived?.value(conf) ?? conf[keyPath: value]
            conf[keyPath: value] = section.value(key).flatMap(type.read) ?? fallback
        }
        isSame = { $0[keyPath: value] == $1[keyPath: value] }
        isLive = { effect != .restart && condition($0) && condition($1) }
        copy = { $0[keyPath: value] = $1[keyPath: value] }
    }
}
