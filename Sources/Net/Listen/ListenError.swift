internal import Glibc
internal import NIOCore
internal import SystemPackage

/// Why the server cannot listen on an address.
package enum ListenError: Error, Sendable, Equatable {
    /// Another process listens there (EADDRINUSE).
    case inUse
    /// The process may not bind this port (EACCES): ports below 1024 need a privilege.
    case notPermitted
    /// No interface of this machine has the address (EADDRNOTAVAIL).
    case notOfThisMachine
    /// The name has no address.
    case unknownHost
    /// Another error of the operating system, with its text.
    case other(String)

    /// Converts an error that NIO throws when it binds.
    init(_ error: any Error) {
        switch error {
        case let error as ListenError: self = error
        case let error as IOError: self.init(errno: error.errnoCode)
        case is SocketAddressError, is SocketAddressError.UnknownHost: self = .unknownHost
        default: self = .other("\(error)")
        }
    }

    /// Converts an error number of bind(2) or listen(2).
    init(errno: CInt) {
        switch errno {
        case EADDRINUSE: self = .inUse
        case EACCES, EPERM: self = .notPermitted
        case EADDRNOTAVAIL: self = .notOfThisMachine
        default: self = .other("\(Errno(rawValue: errno))")
        }
    }
}
