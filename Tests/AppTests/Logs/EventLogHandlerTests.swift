import Foundation
import Logging
import Testing

@testable import App

/// The way of a line from a logger to a descriptor.
@Suite struct EventLogHandlerTests {
    private let pipe = Pipe()

    private func logger(_ sink: LogSink) -> Logger {
        Logger(label: "test") { _ in EventLogHandler(sink: sink, format: .json, level: LiveLogLevel(.info)) }
    }

    private func written() throws -> String {
        try pipe.fileHandleForWriting.close()
        return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }

    @Test func infoWaitsAndWarningTakesItAlong() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = logger(sink)
        logger.log(.info, .ready)
        logger.log(.debug, .stats)
        logger.log(.warning, .databaseUnavailable)
        logger.log(.info, .stopped)
        let lines = try written().split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""event":"ready""#) == true)
        #expect(lines.last?.contains(#""event":"database_unavailable""#) == true)
    }

    @Test func flushWritesTheRest() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        logger(sink).log(.info, .ready)
        sink.flush()
        #expect(try written().contains("ready"))
    }

    @Test func aFullPieceLeavesByItself() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        sink.append([UInt8](repeating: 0x61, count: LogSink.pieceBytes), atOnce: false)
        #expect(try written().utf8.count == LogSink.pieceBytes)
    }

    @Test(arguments: [
        ([4095], [4096]), ([4096, 4], [4097, 5]), ([10, 4000, 4000, 80, 5000, 1], [4012, 4082, 5001, 2]),
        ([2047, 2047, 1], [4096, 2]),
    ])
    func oneCallWritesWholeLinesThatAPipeKeepsTogether(lines: [Int], calls: [Int]) {
        var rest = lines.flatMap { [UInt8](repeating: 0x61, count: $0) + [0x0A] }[...]
        var counts: [Int] = []
        while !rest.isEmpty {
            let piece = LogSink.piece(of: rest)
            #expect(piece.last == 0x0A)
            counts.append(piece.count)
            rest = rest.dropFirst(piece.count)
        }
        #expect(counts == calls)
    }

    @Test func linesBeyondTheBoundAreCounted() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        sink.append([UInt8](repeating: 0x61, count: LogSink.bytesMax + 1), atOnce: false)
        sink.append(Array("kept\n".utf8), atOnce: false)
        sink.flush()
        let text = try written()
        #expect(text.hasPrefix("kept\n"))
        #expect(text.contains(#""event":"log_lines_dropped","lines":1}"#))
    }

    @Test func copiesOfALoggerDoNotShareMetadata() throws {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        var first = logger(sink)
        var second = first
        first[metadataKey: "a"] = "1"
        second[metadataKey: "a"] = "2"
        first.log(.warning, .ready, ["a": "3"])
        second.log(.warning, .ready)
        let lines = try written().split(separator: "\n")
        #expect(lines.first?.hasSuffix(#""event":"ready","a":"3"}"#) == true)
        #expect(lines.last?.hasSuffix(#""event":"ready","a":"2"}"#) == true)
    }
}
