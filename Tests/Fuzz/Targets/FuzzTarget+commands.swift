internal import Foundation

@testable internal import Rooms

/// A text frame as a command; Foundation's reader of JSON must agree on what it says.
///
/// Skipped are inputs that the frames before it never let through (not UTF-8). Known differences: a doubled key (the last
/// one counts here; Foundation keeps either), nesting beyond 32, numbers that Foundation cannot represent, commas before a
/// closing bracket, which it lets pass, and a leading byte order mark or NUL, by which it guesses other encodings.
func fuzzCommands(_ bytes: [UInt8]) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else { return }
    let outcome: Result<Command, WireError>
    do {
        outcome = .success(try Command.read(bytes))
    } catch {
        outcome = .failure(error)
        try checkError(error)
    }
    if let (key, saysMore) = Command.sessionKey(in: bytes) {
        try expect(saysMore != (outcome == .success(.sessionKey(key))), "a key that is read in two ways")
    }
    if case .success(.message(let text, let id, _)) = outcome {
        try expect(!text.isEmpty && !text.utf8.contains(0), "a message that is empty or holds a NUL")
        try expect(id.map { (1...64).contains($0.unicodeScalars.count) } ?? true, "an id of another length")
    }
    guard !bytes.prefix(4).contains(0), !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
    try compare(outcome, bytes)
}

private func checkError(_ error: WireError) throws {
    let json = Reply.error(error)
    try expect(!json.contains { $0 < 0x20 }, "an error of more than one line")
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: [String: Any]] else {
        throw BrokenRule(description: "an error that is no JSON: \(String(decoding: json, as: UTF8.self))")
    }
    try expect(object["error"]?["code"] as? String == error.code.rawValue, "an error without its code")
}

private func compare(_ outcome: Result<Command, WireError>, _ bytes: [UInt8]) throws {
    let reference: Any?
    do {
        reference = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch {
        reference = nil
    }
    if case .failure(let error) = outcome, error.code == .badJSON {
        let isDeep = error.detail.contains("nested deeper")
        let isLenient = hasTrailingComma(bytes)
        try expect(
            isDeep || isLenient || reference as? [String: Any] == nil,
            "refused, and Foundation reads it: \(error.detail)")
        return
    }
    guard let object = reference as? [String: Any] else {
        return try expect(hasDigit(bytes), "read, and Foundation refuses it")
    }
    guard case .success(.message(let text, let id, _)) = outcome, !isDoubled(bytes) else { return }
    if let string = object["message"] as? String {
        try expect(string == text, "Foundation reads another message")
    } else {
        // A number is spoken as it is written.
        try expect(object["message"] is NSNumber && isLiteral(text, in: bytes), "a message that is no number either")
    }
    try expect(object["id"] as? String == id, "Foundation reads another id")
}

/// Whether a text is a number of JSON that stands in the input.
private func isLiteral(_ text: String, in bytes: [UInt8]) -> Bool {
    text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
        && bytes.ranges(of: Array(text.utf8)).count > 0
}

/// Whether a key may be there twice: escapes can hide one.
private func isDoubled(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.components(separatedBy: "\"message\"").count != 2 || text.components(separatedBy: "\"id\"").count > 2
        || text.contains("\\u")
}
