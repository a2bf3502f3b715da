/// The value that the file gives to a setting, while it is read.
struct SettingValue {
    let node: JSONNode
    /// The path of the setting, such as `limits.messages_per_s`.
    let path: String
    /// The position of its key.
    let position: JSONPosition
    let reading: ConfigReading

    /// Records an issue with the value.
    func reject(_ text: String) { reading.add(path, text, at: position) }
}
