import ArgumentParser
import Testing

@testable import App
@testable import Exit
@testable import LoadClient
@testable import Telemetry

/// What the command line is understood as.
@Suite struct CommandLineTests {
    @Test func withoutASubcommandTheServerRuns() throws {
        let command = try #require(try AppCommand.parseAsRoot([]) as? ServeCommand)
        #expect(command.configurationOptions.config == "site_conf.json")
        #expect(command.waitOption.wait == 30)
        #expect(!command.noMigrate)
        #expect(command.logFormat == .json)
    }

    @Test func optionsOfServe() throws {
        let command = try #require(
            try AppCommand.parseAsRoot(["--config", "x.json", "--wait", "5", "--no-migrate", "--log-format", "text"])
                as? ServeCommand)
        #expect(command.configurationOptions.config == "x.json")
        #expect(command.waitOption.wait == 5)
        #expect(command.noMigrate)
        #expect(command.logFormat == .text)
    }

    @Test(arguments: [
        ["load", "ws://x", "100", "2.5"], ["load", "ws://x", "--connections", "100", "--interval", "2.5"],
    ])
    func loadTakesNumbersByPositionOrByName(arguments: [String]) throws {
        let plan = try #require(try AppCommand.parseAsRoot(arguments) as? LoadCommand).plan()
        #expect(plan.connections == 100)
        #expect(plan.interval == 2.5)
        #expect(plan.verifiesCertificate)
    }

    @Test(arguments: [
        ["nonsense"], ["--nonsense"], ["serve", "--wait", "-1"], ["serve", "--log-format", "xml"],
        ["load", "http://x"], ["load", "ws://x", "0"], ["load", "ws://x", "5", "--connections", "5"],
        ["load", "ws://x", "1", "-5"], ["load", "ws://x", "1", "nan"], ["load", "ws://x", "--duration", "inf"],
        ["echo"], ["echo", "--port", "70000"], ["session", "create"], ["session", "create", ""],
        ["session", "create", "A", "--role", "king"], ["session", "create", "A", "--expires-in", "7"],
    ])
    func nonsenseIsAUsageError(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try AppCommand.parseAsRoot(arguments) }
        if let error { #expect(AppCommand.exitCode(for: error).rawValue == ExitStatus.usage.rawValue) }
    }

    @Test(arguments: [
        (["sever"], "serve"), (["chekc", "--connect"], "check"), (["session", "revok"], "revoke"),
        (["sesion", "list"], "session"),
    ])
    func aWordThatIsNoCommandGetsASuggestion(arguments: [String], meant: String) throws {
        let complaint = try #require(UnknownCommand.complaint(about: arguments, of: AppCommand.self))
        #expect(complaint.hasSuffix("Did you mean \"\(meant)\"?"))
    }

    @Test func aWordLikeNoCommandGetsTheirList() {
        #expect(
            UnknownCommand.complaint(about: ["a\nb-nonsense"], of: AppCommand.self)
                == "Unknown command \"a b-nonsense\". The commands are: serve, check, migrate, session, load, echo.")
    }

    @Test(arguments: [
        [], ["serve", "x"], ["--config", "x"], ["help", "serve"], ["session"], ["session", "help", "list"],
        ["session", "--help"], ["load", "url"],
    ])
    func otherWordsAreLeftToTheParser(arguments: [String]) {
        #expect(UnknownCommand.complaint(about: arguments, of: AppCommand.self) == nil)
    }

    @Test func checkWaitsLessThanTheServer() throws {
        #expect(try #require(try AppCommand.parseAsRoot(["check"]) as? CheckCommand).wait == 5)
        #expect(try #require(try AppCommand.parseAsRoot(["check", "--wait", "60"]) as? CheckCommand).wait == 60)
        #expect(throws: (any Error).self) { try AppCommand.parseAsRoot(["check", "--wait", "-1"]) }
    }

    @Test(arguments: [
        ("one", "one"), ("one\n\ttwo\r\nthree\n", "one two three"), ("a\u{1B}[2Kb\u{85}c", "a?[2Kb c"), ("", ""),
    ])
    func wordsForPeopleAreOneLine(text: String, line: String) { #expect(StandardError.line(text) == line) }

    @Test(arguments: [("90s", 90), ("30m", 1800), ("24h", 86_400), ("7d", 604_800)])
    func lifetimes(text: String, seconds: Int) { #expect(SessionLifetime(argument: text)?.seconds == seconds) }

    @Test(arguments: ["", "7", "0s", "-1h", "9223372036854775807d", "1w", "h"])
    func noLifetime(text: String) { #expect(SessionLifetime(argument: text) == nil) }

    @Test func keysAreLongAndNeverTheSame() {
        let keys = Set((0..<100).map { _ in SessionKey.random() })
        #expect(keys.count == 100)
        #expect(keys.allSatisfy { $0.count == 64 })
    }
}
