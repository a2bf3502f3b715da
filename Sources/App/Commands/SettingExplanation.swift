internal import Configuration
internal import Exit

/// What `App check --explain` prints.
enum SettingExplanation {
    /// The lines that explain a setting, or all settings of a section.
    ///
    /// - Throws: a usage failure with the nearest known path if there is no such setting or section.
    static func lines(of path: String) throws(ExitFailure) -> [String] {
        let settings = Settings.all.filter { $0.path == path || $0.path.hasPrefix(path + ".") }
        guard !settings.isEmpty else { throw unknown(path) }
        return Array(settings.map(lines).joined(separator: [""]))
    }

    private static func lines(of setting: Setting) -> [String] {
        let note = setting.defaultNote.map { " (\($0))" } ?? ""
        var rows = [("type", setting.type), ("range", setting.allowed), ("default", setting.defaultValue + note)]
        if let unit = setting.unit { rows.append(("unit", unit)) }
        rows.append(("change", setting.effect.rawValue))
        return [setting.path] + rows.map { name, text in "  \(name): \(text)" } + ["  \(setting.explanation)"]
    }

    private static func unknown(_ path: String) -> ExitFailure {
        let sections = Settings.groups.compactMap(\.section)
        let known = Settings.all.map(\.path) + sections
        let meant = EditDistance.nearest(to: path, among: known) ?? Settings.all.first { $0.key == path }?.path
        let advice = meant.map { "did you mean \"\($0)\"?" } ?? "the sections are \(sections.joined(separator: ", "))"
        return ExitFailure(.usage, "unknown setting \"\(path)\"; \(advice)")
    }
}
