import Foundation
import Glibc
import TestKit

/// A small file system of a test's own, in memory, to be filled.
struct SmallDisk {
    /// What `mount` or `umount` said.
    struct Failure: Error { let words: String }

    /// Where it is mounted.
    let directory: String

    /// Whether this process may mount one.
    static func isPermitted() async throws -> Bool {
        do { try await with(megabytes: 1) { _ in } } catch is Failure { return false }
        return true
    }

    /// Runs a test with a disk, unmounted in the end.
    static func with(megabytes: Int, _ body: (SmallDisk) async throws -> Void) async throws {
        try await withDirectory { directory in
            try await run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0755", "roomcast", directory.path])
            do { try await body(SmallDisk(directory: directory.path)) } catch {
                try await run("umount", ["--lazy", directory.path])
                throw error
            }
            try await run("umount", ["--lazy", directory.path])
        }
    }

    /// Takes all space that is left.
    func fill() {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while !bytes.isEmpty {
            let written = write(descriptor, bytes, bytes.count)
            if written < bytes.count { bytes.removeLast((bytes.count + 1) / 2) }
        }
    }

    /// Gives it back.
    func clear() { unlink(filler) }

    private var filler: String { "\(directory)/filler" }

    private static func run(_ program: String, _ arguments: [String]) async throws {
        let result = try await AppCommand.run(URL(filePath: "/bin/\(program)"), arguments)
        guard result.code == 0 else { throw Failure(words: result.stderr) }
    }
}
