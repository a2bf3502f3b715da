import Foundation
import Logging
import Rooms
import Testing

@testable import Telemetry

/// A log line is one line and one object, whatever is in it.
@Suite struct LogRenderingTests {
    private static func line(_ message: Logger.Message, _ metadata: Logger.Metadata = [:]) -> LogLine {
        LogLine(
            time: Timestamp(microseconds: 1_470_676_832_421_000),
            event: LogEvent(
                level: .info, message: message, metadata: nil, source: nil, file: "", function: "", line: 0),
            metadata: metadata)
    }

    private static func json(_ message: Logger.Message, _ metadata: Logger.Metadata = [:]) -> String {
        String(decoding: LogRendering.json(line(message, metadata)), as: UTF8.self)
    }

    @Test func anEventHasItsFieldsInOrder() {
        #expect(
            Self.json("listening", ["port": .stringConvertible(56412), "host": "127.0.0.1"])
                == #"{"ts":"2016-08-08T17:20:32.421Z","level":"info","event":"listening","host":"127.0.0.1","port":56412}"#
                + "\n")
    }

    @Test(arguments: [
        "\n{\"ts\":\"forged\"}", "a\"b\\c", "\u{0}\u{1F}\u{7F}", "\u{85}\u{9B}31m", "\u{2028}\u{2029}", "é😀\r\t",
        "\u{C2}",
    ])
    func noContentEndsALineOrAString(text: String) throws {
        let line = Self.json("ready", ["field": .string(text), text: "key"])
        #expect(line.utf8.count { $0 == 0x0A } == 1)
        #expect(line.hasSuffix("}\n"))
        #expect(!line.dropLast().unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(!line.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{2029}" })
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["field"] as? String == text)
        #expect(object[text] as? String == "key")
        #expect(object["event"] as? String == "ready")
    }

    @Test func textForPeopleIsOneLineToo() {
        let line = LogRendering.text(Self.line("ready", ["a": "x\ny", "b c": "d=e", "n": .stringConvertible(1)]))
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"2016-08-08T17:20:32.421Z INFO     ready a="x\ny" "b c"="d=e" n=1"# + "\n")
    }

    @Test func metadataCannotTakeReservedNames() {
        let line = Self.json("ready", ["ts": "x", "level": "y", "event": "z", "message": "w"])
        #expect(line.hasSuffix(#""event":"ready","_event":"z","_level":"y","_message":"w","_ts":"x"}"# + "\n"))
    }

    @Test func wordsOutsideTheListAreADiagnostic() {
        #expect(
            Self.json("Service \"x\" started").contains(#""event":"diagnostic","message":"Service \"x\" started"}"#))
    }

    @Test func eventsOfOtherModulesAreOnTheList() {
        #expect(Self.json("database_connection_lost").contains(#""event":"database_connection_lost"}"#))
    }

    @Test func valuesKeepTheirTypes() {
        let line = Self.json(
            "stats",
            [
                "a": .stringConvertible(1.5), "b": .stringConvertible(true), "c": .array(["x", .stringConvertible(2)]),
                "d": .dictionary(["k": "v"]), "e": .stringConvertible(Double.nan),
            ])
        #expect(line.contains(#""a":1.5,"b":true,"c":["x",2],"d":{"k":"v"},"e":null}"#))
    }
}
