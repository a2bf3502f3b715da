internal import ArgumentParser
internal import Configuration
internal import Exit
internal import FoundationEssentials

/// The option of every command that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The configuration file; paths in it are relative to it.", valueName: "file"))
    var config = "site_conf.json"

    /// The settings of the file and of `CHAT_DB_URL`.
    func load() throws(ConfigErrors) -> SiteConf {
        try SiteConfFile.load(path: config, environment: ProcessInfo.processInfo.environment)
    }

    /// The same, for a command that ends with the errors on stderr.
    func loadOrFail() throws(ExitFailure) -> SiteConf {
        do { return try load() } catch { throw ExitFailure(error) }
    }
}
