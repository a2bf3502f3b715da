/// Settings that are described together.
package struct SettingGroup: Sendable {
    /// The heading in `docs/configuration.md`.
    package let title: String
    /// The object of the file that holds them; nil for the document itself.
    package let section: String?
    package let settings: [Setting]

    init(_ title: String, section: String? = nil, _ settings: [Setting]) {
        self.title = title
        self.section = section
        self.settings = settings
    }
}
