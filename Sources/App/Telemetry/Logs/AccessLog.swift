package import CoreMetrics
package import Exit
internal import Glibc
internal import NIOPosix
package import Net
internal import Rooms
internal import Synchronization
internal import SystemPackage

/// The file of `html_server.access_log`: one JSON object a line for each answered request.
///
/// Lines are collected in memory and written every 100 ms on a thread that may block, so a slow disk delays nothing
/// else. Lines that cannot be kept or written are lost and counted.
package final class AccessLog: Sendable {
    /// How many bytes are kept while the file accepts nothing.
    static let bytesMax = 1_048_576

    private struct File {
        var descriptor: Int32 = -1
        /// Whether a failed write has left an incomplete line.
        var isMidLine = false
    }

    private let path: String
    private let lost: Counter
    private let waiting = Mutex<[UInt8]>([])
    private let file = Mutex(File())

    /// A log that keeps its lines until `use` gives it the file.
    package init(path: String, metrics: any MetricsFactory) {
        self.path = path
        lost = Counter(label: "roomcast_access_log_lost_total", dimensions: [], factory: metrics)
    }

    deinit {
        let descriptor = file.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens the file for appending, creates it if there is none, and returns its descriptor, for `use`.
    package func open() throws(ExitFailure) -> Int32 {
        // O_NONBLOCK: a pipe without a reader is an error, and a full one loses lines instead of blocking.
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else {
            throw ExitFailure(
                .configuration, "html_server.access_log: \(path): cannot be opened: \(Errno(rawValue: errno))")
        }
        return descriptor
    }

    /// Writes the waiting lines to the current file, and all later lines to another one, which this owns from then on.
    package func use(_ descriptor: Int32) {
        flush()
        let former = file.withLock { file in
            defer { file = File(descriptor: descriptor) }
            return file.descriptor
        }
        if former >= 0 { close(former) }
    }

    /// Adds a line. Never waits; from any isolation.
    package func record(_ access: HTTPAccess) {
        let line = Self.line(access, at: .now())
        let isKept = waiting.withLock { waiting in
            guard waiting.count + line.count <= Self.bytesMax else { return false }
            waiting.append(contentsOf: line)
            return true
        }
        if !isKept { lost.increment() }
    }

    /// Writes the waiting lines every 100 ms until cancelled, and once more after that.
    package func run() async {
        // Cancellation ends the pause, or the wait for the thread, and the loop with it.
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            try? await NIOThreadPool.singleton.runIfActive { self.flush() }
        }
        flush()
    }

    /// Writes the waiting lines; returns when they are written or lost.
    func flush() {
        file.withLock { file in
            guard file.descriptor >= 0 else { return }
            let lines = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            guard !lines.isEmpty else { return }
            let bytes = file.isMidLine ? [0x0A] + lines : lines
            let left = Self.write(bytes, to: file.descriptor)
            if let last = bytes[..<left.startIndex].last { file.isMidLine = last != 0x0A }
            // A line counts as lost if a part of it is lost.
            if !left.isEmpty { lost.increment(by: min(Self.count(lines[...]), Self.count(left))) }
        }
    }

    private static func count(_ lines: ArraySlice<UInt8>) -> Int { lines.count { $0 == 0x0A } }

    /// Returns what was not written.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 { rest = rest.dropFirst(written) } else if written == 0 || errno != EINTR { return rest }
        }
        return rest
    }

    /// One JSON object and a line end.
    static func line(_ access: HTTPAccess, at time: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: 160)
        json.verbatim(#"{"ts":"\#(time.iso8601)","client":"\#(access.client)","method":"#)
        append(access.method, to: &json)
        json.raw(#","path":"#)
        append(access.path, to: &json)
        json.verbatim(#","status":\#(access.status),"bytes":\#(access.bytes)}"#)
        json.raw("\n")
        return json.bytes
    }

    private static func append(_ text: String?, to json: inout JSONWriter) {
        if let text { json.lineString(text) } else { json.raw("null") }
    }
}
