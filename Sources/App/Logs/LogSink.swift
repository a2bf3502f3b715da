internal import Glibc
internal import Rooms
internal import Synchronization

/// Collects log lines and writes them to a descriptor in large pieces.
///
/// Lines leave when 32 KiB are gathered, at once when asked, and at each `flush()` (every 100 ms while a `LogFlusher`
/// runs). One thread writes at a time and no other waits for it, so a reader of stdout that stalls holds up one thread
/// and never a room; meanwhile at most `bytesMax` are kept and further lines are counted and dropped.
final class LogSink: Sendable {
    /// How much is gathered before it is written without being asked.
    static let pieceBytes = 32_768
    /// How much is written in one call, as whole lines: what a pipe takes in one piece (PIPE_BUF), for during a rolling
    /// restart two processes write to it.
    static let writeBytesMax = 4096
    /// How much is kept while the descriptor takes nothing.
    static let bytesMax = 1_048_576

    private struct Pending {
        var bytes: [UInt8] = []
        var dropped = 0
    }

    private let descriptor: Int32
    private let pending = Mutex(Pending())
    private let writing = Mutex(())

    /// A sink that writes to an open descriptor, which stays the caller's.
    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Adds one whole line.
    ///
    /// - Parameter atOnce: whether it should leave without waiting for more.
    func append(_ line: [UInt8], atOnce: Bool) {
        let gathered = pending.withLock { pending in
            guard pending.bytes.count + line.count <= Self.bytesMax else {
                pending.dropped += 1
                return pending.bytes.count
            }
            pending.bytes.append(contentsOf: line)
            return pending.bytes.count
        }
        guard atOnce || gathered >= Self.pieceBytes else { return }
        // A thread that is writing already takes these lines along.
        _ = writing.withLockIfAvailable { _ in writeAll() }
    }

    /// Writes what has gathered and returns when it is written; waits for a write that is under way.
    func flush() { writing.withLock { _ in writeAll() } }

    private func writeAll() {
        while true {
            let taken = pending.withLock { pending in
                defer { pending = Pending() }
                return pending
            }
            if taken.bytes.isEmpty && taken.dropped == 0 { return }
            write(taken.bytes)
            if taken.dropped > 0 { reportDropped(taken.dropped) }
        }
    }

    private func reportDropped(_ count: Int) {
        let time = "\(Timestamp.now().iso8601)"
        let line =
            #"{"ts":"\#(time)","level":"warning","event":"\#(EventName.linesDropped.rawValue)","lines":\#(count)}"#
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

    /// Writes everything; a closed descriptor discards it, since there is nowhere left to complain.
    private func writePiece(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if written > 0 {
                offset += written
            } else if written < 0, errno == EAGAIN {
                // stdout was made non-blocking by whoever shares it: wait until it takes more.
                var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&readiness, 1, 1000)
            } else if written < 0, errno != EINTR {
                return
            }
        }
    }
}
