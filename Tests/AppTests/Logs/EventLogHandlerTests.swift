import CoreMetrics
import Foundation
import Logging
import Testing

@testable import Telemetry

/// The way of a line from a logger to a descriptor.
@Suite struct EventLogHandlerTests {
    private let pipe = Pipe()

    private func logger(_ sink: LogSink) -> Logger {
        Logger(label: "test") { _ in EventLogHandler(sink: sink, format: .json, level: LiveLogLevel(.info)) }
    }

    private func sink() -> LogSink {
        LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor, metrics: NOOPMetricsHandler.instance)
    }

    /// Everything on the pipe, which is closed for writing; for a sink that has been flushed.
    private func written() throws -> String {
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    @Test func linesComeInTheirOrderAndNoneBelowTheLevel() throws {
        let sink = sink()
        let logger = logger(sink)
        logger.log(.info, .ready)
        logger.log(.debug, .stats)
        logger.log(.warning, .databaseUnavailable)
        #expect(sink.flush(within: .seconds(60)))
        let lines = try written().split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""event":"ready""#) == true)
        #expect(lines.last?.contains(#""event":"database_unavailable""#) == true)
    }

    @Test func linesLeaveByThemselves() throws {
        let sink = sink()
        logger(sink).log(.info, .ready)
        // Blocks until there is something.
        #expect(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).contains("ready"))
    }

    @Test func aSinkThatIsNotNeededAnyMoreWritesItsLines() throws {
        logger(sink()).log(.info, .ready)
        #expect(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).contains("ready"))
    }

    /// Nothing here may wait for a reader that stalls: nobody reads before all of it is done. The thread of the log
    /// takes the lines once or more often, and reports each time what was dropped since the time before.
    @Test(.timeLimit(.minutes(1))) func aStalledReaderStopsNobodyAndIsToldWhatItMissed() throws {
        let metrics = MetricsRegistry()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor, metrics: metrics)
        let line = [UInt8](repeating: 0x61, count: 1023) + [0x0A]
        let lines = 3 * LogWriter.bytesMax / line.count
        for number in 0..<lines { sink.append(line, atOnce: number.isMultiple(of: 2)) }
        #expect(!sink.flush(within: .milliseconds(1)))
        let rendered = PrometheusText.render(metrics)
        let counted = try #require(
            rendered.firstMatch(of: /roomcast_log_lines_dropped_total (\d+)/).flatMap { Int($0.1) })
        #expect(counted > 0)
        var rest = Data()
        var (kept, reported) = (0, 0)
        while kept < lines - counted || reported < counted {
            rest += pipe.fileHandleForReading.availableData
            let end = rest.lastIndex(of: 0x0A).map { $0 + 1 } ?? rest.startIndex
            for written in rest[..<end].split(separator: 0x0A) {
                let text = String(decoding: written, as: UTF8.self)
                let report = text.firstMatch(of: /"event":"log_lines_dropped","lines":(\d+)}/).flatMap { Int($0.1) }
                if let report { reported += report } else { kept += 1 }
            }
            rest = rest[end...]
        }
        #expect(kept == lines - counted)
        #expect(reported == counted)
        #expect(sink.flush(within: .seconds(60)))
    }

    @Test(arguments: [
        ([4095], [4096]), ([4096, 4], [4097, 5]), ([10, 4000, 4000, 80, 5000, 1], [4012, 4082, 5001, 2]),
        ([2047, 2047, 1], [4096, 2]),
    ])
    func oneCallWritesWholeLinesThatAPipeKeepsTogether(lines: [Int], calls: [Int]) {
        var rest = lines.flatMap { [UInt8](repeating: 0x61, count: $0) + [0x0A] }[...]
        var counts: [Int] = []
        while !rest.isEmpty {
            let piece = LogWriter.piece(of: rest)
            #expect(piece.last == 0x0A)
            counts.append(piece.count)
            rest = rest.dropFirst(piece.count)
        }
        #expect(counts == calls)
    }

    @Test func linesBeyondTheBoundAreCounted() throws {
        let sink = sink()
        sink.append([UInt8](repeating: 0x61, count: LogWriter.bytesMax + 1), atOnce: false)
        sink.append(Array("kept\n".utf8), atOnce: false)
        #expect(sink.flush(within: .seconds(60)))
        let text = try written()
        #expect(text.hasPrefix("kept\n"))
        #expect(text.contains(#""event":"log_lines_dropped","lines":1}"#))
    }

    @Test func copiesOfALoggerDoNotShareMetadata() throws {
        let sink = sink()
        var first = logger(sink)
        var second = first
        first[metadataKey: "a"] = "1"
        second[metadataKey: "a"] = "2"
        first.log(.warning, .ready, ["a": "3"])
        second.log(.warning, .ready)
        #expect(sink.flush(within: .seconds(60)))
        let lines = try written().split(separator: "\n")
        #expect(lines.first?.hasSuffix(#""event":"ready","a":"3"}"#) == true)
        #expect(lines.last?.hasSuffix(#""event":"ready","a":"2"}"#) == true)
    }
}
