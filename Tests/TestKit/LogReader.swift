internal import Foundation
internal import Glibc
internal import Synchronization

/// Reads what a process writes on a thread of its own, for reading blocks.
final class LogReader: Sendable {
    private let descriptor: Int32
    private let isStalled = Mutex(false)
    private let resumed = DispatchSemaphore(value: 0)

    /// A reader of one end of a pipe.
    init(_ handle: FileHandle) { descriptor = handle.fileDescriptor }

    /// The lines in their order, to the end; once.
    func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, said) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            var rest = Data()
            // Not `read(upToCount:)`, which on Linux waits until it has as much as it was asked for.
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

    /// Reads no more than what is on its way; the pipe takes 4 KiB from here on.
    func stall() {
        isStalled.withLock { $0 = true }
        // F_SETPIPE_SZ (fcntl(2)).
        _ = fcntl(descriptor, 1031, 4096)
    }

    /// Reads on.
    func resume() {
        let wasStalled = isStalled.withLock { isStalled in
            defer { isStalled = false }
            return isStalled
        }
        if wasStalled { resumed.signal() }
    }
}
