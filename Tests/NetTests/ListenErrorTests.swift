import Glibc
import NIOCore
import Testing

@testable import Net

/// Why nobody can listen, told from what NIO throws.
@Suite struct ListenErrorTests {
    @Test(arguments: [
        (EADDRINUSE, ListenError.inUse), (EACCES, .notPermitted), (EPERM, .notPermitted),
        (EADDRNOTAVAIL, .notOfThisMachine), (ENOBUFS, .other("No buffer space available")),
    ])
    func errorsOfTheSystem(errno: CInt, reason: ListenError) {
        #expect(ListenError(IOError(errnoCode: errno, reason: "bind(descriptor:ptr:bytes:)")) == reason)
    }

    @Test func others() { #expect(ListenError(ChannelError.eof) == .other("End of file")) }
}
