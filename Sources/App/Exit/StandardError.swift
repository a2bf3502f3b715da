internal import Foundation

/// Lines for people on stderr.
package enum StandardError {
    /// Prints whole lines, each as `line(_:)` makes it.
    package static func print(_ lines: [String]) {
        let text = lines.map { line($0) + "\n" }.joined()
        // If stderr is closed, there is no place to report it.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// The text as one line: line ends and tabs, which libpq and others write, become a space; other control characters
    /// become `?`, so that no line can be forged.
    package static func line(_ text: String) -> String {
        let pieces = text.split { $0.isNewline || $0 == "\t" }.map { piece in
            String(piece.map { $0.isControl ? "?" : $0 }).trimmingCharacters(in: .whitespaces)
        }
        return pieces.filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
