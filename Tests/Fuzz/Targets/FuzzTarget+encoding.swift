internal import Foundation

@testable internal import Rooms

/// What clients are sent about a message: one line of valid JSON that says the same, and that this server reads back.
func fuzzEncoding(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let hasID = input.byte() & 1 == 1
    let message = StoredMessage(
        room: RoomID(input.integer()), seq: input.integer(), time: Timestamp(microseconds: input.integer()),
        user: input.text(Int(input.byte())), text: input.text(Int(input.integer(UInt16.self))),
        clientID: hasID ? input.text(Int(input.byte())) : nil)
    let json = EncodedMessage(message).json
    try checkLine(json)
    guard let object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
        throw BrokenRule(description: "no JSON: \(String(decoding: json, as: UTF8.self))")
    }
    try expect((object["seq"] as? NSNumber)?.int64Value == message.seq, "another seq")
    try expect(isSame(object["user"], message.user), "another user")
    try expect(isSame(object["message"], message.text), "another text")
    try expect(message.clientID.map { isSame(object["id"], $0) } ?? (object["id"] == nil), "another id")
    try checkTime(object["time"] as? String)
    try readBack(json, message)

    let session = Session(fingerprint: "f", userName: message.user, room: message.room, role: .reader)
    let joined = Joined(
        epoch: message.text, lastSeq: message.seq, cursor: 0, resumed: hasID, reset: hasID ? nil : .pruned)
    let replies = [
        Reply.history([EncodedMessage(message), EncodedMessage(message)], more: hasID), Reply.welcome(session, joined),
        Reply.error(WireError(.badMessage, message.text, clientID: message.clientID)),
    ]
    for reply in replies {
        try checkLine(reply)
        try expect((try? JSONSerialization.jsonObject(with: Data(reply))) != nil, "a reply that is no JSON")
    }
}

private func checkLine(_ json: [UInt8]) throws(BrokenRule) {
    try expect(String(validating: json, as: UTF8.self) != nil, "no UTF-8")
    try expect(!json.contains { $0 < 0x20 }, "more than one line")
}

/// Byte for byte: equal strings may be written differently.
private func isSame(_ value: Any?, _ text: String) -> Bool {
    (value as? String).map { $0.utf8.elementsEqual(text.utf8) } ?? false
}

private func checkTime(_ time: String?) throws(BrokenRule) {
    let shape = Array("0000-00-00T00:00:00.000Z".utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let matches = time.map { Array($0.utf8) }.map { bytes in
        bytes.count == shape.count
            && zip(bytes, shape).allSatisfy { $1 == UInt8(ascii: "0") ? digits.contains($0) : $0 == $1 }
    }
    try expect(matches ?? false, "a time of another shape: \(time ?? "none")")
}

/// Its own message, sent back by a client, is read as it was, or refused for one of the documented reasons.
private func readBack(_ json: [UInt8], _ message: StoredMessage) throws(BrokenRule) {
    let isBadID = message.clientID.map { $0.isEmpty || $0.utf8.contains(0) || $0.unicodeScalars.count > 64 } ?? false
    let isBad = isBadID || message.text.isEmpty || message.text.utf8.contains(0)
    let command: Command
    do {
        command = try Command.read(json)
    } catch {
        return try expect(isBad && error.code != .badJSON, "refused: \(error.detail)")
    }
    guard case .message(let text, let id, _) = command else { throw BrokenRule(description: "read as \(command)") }
    try expect(text.utf8.elementsEqual(message.text.utf8) && !isBad, "read back as \(text)")
    try expect(Array((id ?? "").utf8) == Array((message.clientID ?? "").utf8), "read back with the id \(id ?? "")")
}
