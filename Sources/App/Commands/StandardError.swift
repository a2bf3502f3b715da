internal import Foundation

/// Lines for people on stderr.
enum StandardError {
    /// Prints whole lines; control characters in them are shown as `?` so that no line can be forged.
    static func print(_ lines: [String]) {
        let text = lines.map { String($0.map { $0.isNewline || $0.isControl ? "?" : $0 }) + "\n" }.joined()
        // There is nowhere left to report a closed stderr.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
