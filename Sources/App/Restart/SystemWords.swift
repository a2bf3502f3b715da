internal import Glibc

/// The operating system's texts for its errors.
enum SystemWords {
    static func of(_ code: Int32) -> String { String(cString: strerror(code)) }
}
