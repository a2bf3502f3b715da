internal import Glibc
internal import SystemPackage

/// A TLS file that cannot be used, with its path: the library reports only the error.
package struct TLSFileError: Error, CustomStringConvertible {
    /// The path of the file.
    package let path: String
    /// What is wrong with it.
    package let reason: String

    /// Both in one line.
    package var description: String { "\(path): \(reason)" }

    /// Runs a closure that reads a file, and adds the path to the error that it throws.
    static func naming<Value>(_ path: String, _ body: (String) throws -> Value) throws(TLSFileError) -> Value {
        do { return try body(path) } catch {
            // The library reports only that it failed.
            let isReadable = unsafe access(path, R_OK) == 0
            throw TLSFileError(
                path: path, reason: isReadable ? "\(error)" : "cannot be read: \(Errno(rawValue: errno))")
        }
    }
}
