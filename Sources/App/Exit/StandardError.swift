internal import SystemPackage

/// Lines for people on stderr.
package enum StandardError {
    /// Prints whole lines, each as `line(_:)` makes it.
    package static func print(_ lines: [String]) {
        write(lines.map { line($0) + "\n" }.joined())
    }

    /// Writes a text as it is.
    package static func write(_ text: String) {
        // If stderr is closed, there is no place to report it.
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
    }

    /// The text as one line: line ends and tabs, which libpq and others write, become a space; other control characters
    /// become `?`, so that no line can be forged.
    package static func line(_ text: String) -> String {
        let pieces = text.split { $0.isNewline || $0 == "\t" }.map { piece in
            String(trimmed(piece).map { $0.isControl ? "?" : $0 })
        }
        return pieces.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let front = text.drop(while: \.isWhitespace)
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return front }
        return front[...last]
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
