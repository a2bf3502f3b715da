internal import Foundation
internal import Glibc
internal import Synchronization

/// Reads the output of a process on its own thread, because reading blocks.
final class LogReader: Sendable {
    private let descriptor: Int32
    private let isStalled = Mutex(false)
    private let resumed = DispatchSemaphore(value: 0)

    /// A reader of one end of a pipe.
    init(_ handle: FileHandle) { descriptor = handle.fileDescriptor }

    /// The lines in order, until the end of the output. Call it once.
    func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, said) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var rest = Data()
            // Not `read(upToCount:)`, which on Linux waits until it has all bytes that were requested.
            while case let chunk = handle.availableData, !chunk.isEmpty {
                if self.isStalled.withLock({ $0 }) { self.resumed.wait() }
                rest.append(chunk)
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    said.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
            }
            said.finish()
        }
        return lines
    }

    /// Stops reading after the current read; the pipe's capacity is 4 KiB from now on.
    func stall() {
        isStalled.withLock { $0 = true }
        // F_SETPIPE_SZ (fcntl(2)).
        _ = fcntl(descriptor, 1031, 4096)
    }

    /// Continues reading.
    func resume() {
        let wasStalled = isStalled.withLock { isStalled in
            defer { isStalled = false }
            return isStalled
        }
        if wasStalled { resumed.signal() }
    }
}
