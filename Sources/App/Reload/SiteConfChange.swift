internal import Configuration

/// The settings in which two configurations differ, grouped by whether a running server can change them.
struct SiteConfChange {
    /// The settings that can change at once.
    var live: [Setting] = []
    /// The settings that only a new process can change.
    var needsRestart: [Setting] = []

    /// Compares the configuration that is in force with another one.
    init(from old: SiteConf, to new: SiteConf) {
        for setting in Settings.all where !setting.isSame(old, new) {
            if setting.isLive(old, new) { live.append(setting) } else { needsRestart.append(setting) }
        }
    }
}
