/// How the value of a setting is written in the file, and which values are allowed.
struct SettingType<Value: Sendable>: Sendable {
    /// What JSON it takes, such as `whole number`.
    let name: String
    /// The allowed values, as errors and documents state them: `2 to 100`.
    let allowed: String
    /// The value, or nil after everything that is wrong with it was recorded as an issue.
    let read: @Sendable (SettingValue) -> Value?
    /// The value as JSON.
    let write: @Sendable (Value) -> String

    /// The same JSON for a setting that is kept as another type.
    func map<Other>(
        _ convert: @escaping @Sendable (Value) -> Other, back: @escaping @Sendable (Other) -> Value
    ) -> SettingType<Other> {
        SettingType<Other>(name: name, allowed: allowed) {
            read($0).map(convert)
        } write: {
            write(back($0))
        }
    }

    /// The same with other words for the allowed values.
    func allowing(_ text: String) -> SettingType { SettingType(name: name, allowed: text, read: read, write: write) }
}
