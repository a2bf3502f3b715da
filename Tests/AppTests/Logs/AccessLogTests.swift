import Foundation
import Glibc
import Net
import Rooms
import Testing

@testable import Exit
@testable import Telemetry

@Suite struct AccessLogTests {
    private let access: HTTPAccess
    private let metrics = MetricsRegistry()

    init() throws {
        let client = try #require(IPAddress("2001:db8::9"))
        access = HTTPAccess(client: client, method: "GET", path: "/\"\n\u{9b}", status: 404, bytes: 14)
    }

    private func withPath(_ test: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "roomcast-access-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try test(folder.appending(path: "access.log").path)
    }

    private var lost: Int64? {
        guard case .counter(let counter) = metrics.cell("roomcast_access_log_lost_total") else { return nil }
        return Int64(counter.value)
    }

    private func lines(_ path: String) throws -> Int {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count
    }

    @Test func aLineIsOneObjectWhateverWasAsked() {
        let line = String(
            decoding: AccessLog.line(access, at: Timestamp(microseconds: 1_470_676_652_421_000)), as: UTF8.self)
        #expect(
            line == #"{"ts":"2016-08-08T17:17:32.421Z","client":"2001:db8::9","method":"GET","path":"/\"\n\u009b","#
                + #""status":404,"bytes":14}"# + "\n")
        let none = HTTPAccess(client: access.client, method: nil, path: nil, status: 400, bytes: 16)
        let text = String(decoding: AccessLog.line(none, at: Timestamp(microseconds: 0)), as: UTF8.self)
        #expect(text.contains(#""method":null,"path":null,"status":400"#))
    }

    @Test func linesFollowTheFileThatIsOpen() throws {
        try withPath { path in
            let log = AccessLog(path: path, metrics: metrics)
            log.record(access)
            log.use(try log.open())
            log.flush()
            #expect(try lines(path) == 1)
            log.record(access)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            log.use(try log.open())
            log.record(access)
            log.flush()
            #expect(try lines(path + ".1") == 2)
            #expect(try lines(path) == 1)
            #expect(lost == 0)
        }
    }

    @Test func whatCannotBeKeptIsCounted() throws {
        try withPath { path in
            let log = AccessLog(path: path, metrics: metrics)
            let size = AccessLog.line(access, at: .now()).count
            let kept = AccessLog.bytesMax / size
            for _ in 0..<kept + 3 { log.record(access) }
            #expect(lost == 3)
            log.use(try log.open())
            log.flush()
            #expect(try lines(path) == kept)
            log.record(access)
            log.flush()
            #expect(try lines(path) == kept + 1)
        }
    }

    @Test func aFullDiskLosesLinesAndNothingElse() throws {
        let log = AccessLog(path: "/dev/full", metrics: metrics)
        log.use(try log.open())
        for _ in 1...3 { log.record(access) }
        log.flush()
        #expect(lost == 3)
        log.flush()
        #expect(lost == 3)
    }

    @Test func halfALineIsEndedBeforeTheNext() throws {
        try withPath { path in
            // A pipe that takes only a part of what is written.
            #expect(mkfifo(path, 0o600) == 0)
            let reader = open(path, O_RDONLY | O_NONBLOCK)
            defer { close(reader) }
            let log = AccessLog(path: path, metrics: metrics)
            log.use(try log.open())
            let size = AccessLog.line(access, at: .now()).count
            for _ in 0..<2 * 65_536 / size { log.record(access) }
            log.flush()
            let missing = try #require(lost)
            #expect(missing > 0)
            let first = read(reader)
            log.record(access)
            log.flush()
            let text = String(decoding: first + read(reader), as: UTF8.self)
            let whole = text.split(separator: "\n").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            #expect(whole.count == 2 * 65_536 / size - Int(missing) + 1)
            #expect(lost == missing)
        }
    }

    private func read(_ descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    @Test func aFileThatCannotBeOpenedIsNamed() {
        let log = AccessLog(path: "/nonexistent/access.log", metrics: metrics)
        #expect {
            _ = try log.open()
        } throws: {
            ($0 as? ExitFailure)?.lines == [
                "html_server.access_log: /nonexistent/access.log: cannot be opened: No such file or directory"
            ]
        }
    }
}
