import Foundation
import Glibc
import Testing

@testable import ProcessControl

@Suite struct NotifySocketTests {
    /// A socket of the service manager, at a path or an abstract name.
    private func listen(_ name: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        if bytes.first == UInt8(ascii: "@") { address.sun_path.0 = 0 }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(code == 0)
        return descriptor
    }

    @Test(arguments: ["@roomcast-test-\(UUID().uuidString)", nil])
    func saysThatItIsReadyAndTheMainProcess(abstract: String?) async throws {
        try await withDirectory { directory in
            let name = abstract ?? directory.appending(path: "notify").path
            let descriptor = try listen(name)
            defer { close(descriptor) }
            NotifySocket.tellReady(["NOTIFY_SOCKET": name])
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "READY=1\nMAINPID=\(getpid())")
        }
    }

    @Test(arguments: ["", "@", "/nonexistent/notify", "/" + String(repeating: "x", count: 200)])
    func nobodyToTellIsNoFault(name: String) {
        NotifySocket.tellReady(["NOTIFY_SOCKET": name])
        NotifySocket.tellReady([:])
    }
}
