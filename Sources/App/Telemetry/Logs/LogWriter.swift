internal import CoreMetrics
internal import Dispatch
internal import Glibc
internal import Net
internal import Rooms
internal import Synchronization

/// The thread that writes log lines to a descriptor, and the lines that wait for it.
final class LogWriter: Sendable {
    /// How many bytes are collected before they are written without a request.
    static let pieceBytes = 32_768
    /// How many bytes are written in one call, as whole lines: what a pipe takes atomically (PIPE_BUF), because two
    /// processes write to it during a rolling restart.
    static let writeBytesMax = 4096
    /// How many bytes wait while the descriptor accepts nothing, besides as many that are being written.
    static let bytesMax = 1_048_576
    /// How often waiting lines are written without a request.
    static let interval: DispatchTimeInterval = .milliseconds(100)

    private struct Waiting {
        var bytes: [UInt8] = []
        var dropped = 0
        /// Whether the thread has been woken and has not taken the lines yet.
        var isSignalled = false
        var isEnding = false
        /// Signalled when these lines are written.
        var watchers: [DispatchSemaphore] = []
    }

    private let descriptor: Int32
    private let dropped: Counter
    private let waiting = Mutex(Waiting())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// A writer that writes from `start()` on.
    ///
    /// - Parameter dropped: counts lines for which there is no space.
    init(descriptor: Int32, dropped: Counter) {
        self.descriptor = descriptor
        self.dropped = dropped
    }

    /// Starts the thread; once.
    func start() {
        var thread = pthread_t()
        let writer = unsafe Unmanaged.passRetained(self).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                // The reference retained above, given to this thread alone.
                unsafe Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, writer)
        precondition(failure == 0, "the thread of the log could not be started")
        pthread_detach(thread)
    }

    /// Writes the waiting lines, and ends the thread.
    func end() { change { $0.isEnding = true } }

    /// Adds a line, or counts it as dropped.
    func append(_ line: [UInt8], atOnce: Bool) {
        let (isKept, gathered) = waiting.withLock { waiting in
            guard waiting.bytes.count + line.count <= Self.bytesMax else {
                waiting.dropped += 1
                return (false, waiting.bytes.count)
            }
            waiting.bytes.append(contentsOf: line)
            return (true, waiting.bytes.count)
        }
        if !isKept { dropped.increment() }
        if atOnce || gathered >= Self.pieceBytes { writeSoon() }
    }

    /// Wakes the thread.
    func writeSoon() { change { _ in } }

    /// Wakes the thread; the semaphore is signalled when the lines that wait now are written.
    func written() -> DispatchSemaphore {
        let watcher = DispatchSemaphore(value: 0)
        change { $0.watchers.append(watcher) }
        return watcher
    }

    private func change(_ body: (inout sending Waiting) -> Void) {
        let isAsleep = waiting.withLock { waiting in
            body(&waiting)
            defer { waiting.isSignalled = true }
            return !waiting.isSignalled
        }
        if isAsleep { wakeUp.signal() }
    }

    private func work() {
        var isEnding = false
        while !isEnding {
            _ = wakeUp.wait(timeout: .now() + Self.interval)
            let taken = waiting.withLock { waiting in
                defer { waiting = Waiting() }
                return waiting
            }
            write(taken.bytes)
            if taken.dropped > 0 { reportDropped(taken.dropped) }
            for watcher in taken.watchers { watcher.signal() }
            isEnding = taken.isEnding
        }
    }

    private func reportDropped(_ count: Int) {
        let time = "\(Timestamp.now().iso8601)"
        let line =
            #"{"ts":"\#(time)","level":"warning","event":"\#(AppEvent.linesDropped.rawValue)","lines":\#(count)}"#
        write(Array(line.utf8) + [0x0A])
    }

    private func write(_ lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let piece = Self.piece(of: rest)
            writePiece(Array(piece))
            rest = rest[piece.endIndex...]
        }
    }

    /// The whole lines at the beginning that go into one call; a longer line alone.
    static func piece(of lines: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard lines.count > writeBytesMax else { return lines }
        let newline = UInt8(ascii: "\n")
        let end = lines.prefix(writeBytesMax).lastIndex(of: newline) ?? lines.firstIndex(of: newline)
        return end.map { lines[...$0] } ?? lines
    }

    /// Writes everything; if the descriptor is closed, the bytes are discarded, because there is no place to report it.
    private func writePiece(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if written > 0 {
                offset += written
            } else if written < 0, errno == EAGAIN {
                // Another process that shares stdout made it non-blocking: wait until it accepts more.
                var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&readiness, 1, 1000)
            } else if written < 0, errno != EINTR {
                return
            }
        }
    }
}
