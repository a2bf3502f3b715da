import Testing

/// A conversation of the client module with a scripted WebSocket: script text, and what it has to return.
struct HTTPChatScene: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var script: String
    var expected: String

    init(_ name: String, _ script: String, is expected: String) {
        (testDescription, self.script, self.expected) = (name, script, expected)
    }
}
