internal import Foundation

/// A text frame from the server, with the fields that the tests use.
package struct ChatFrame: Sendable, Equatable, CustomStringConvertible {
    /// The text as it was on the wire.
    package let text: String
    /// The number of a message.
    package var seq: Int64?
    /// The text of a message.
    package var message: String?
    /// The sender of a message, or the user name in a welcome.
    package var user: String?
    /// The sender's own id for a message.
    package var id: String?
    /// The epoch of a welcome; nil marks any other frame.
    package var epoch: String?
    /// The newest number at a welcome.
    package var lastSeq: Int64?
    /// Whether a welcome confirms an exact resume.
    package var resumed: Bool?
    /// Why it refuses an exact resume.
    package var reset: String?
    /// The code of an error.
    package var error: String?
    /// The messages of an answer to `history`.
    package var history: [ChatFrame]?
    /// Whether there are older messages.
    package var more: Bool?

    /// A frame with this text.
    package init(_ text: String) {
        let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        self.init(text: text, json ?? [:])
    }

    private init(text: String, _ json: [String: Any]) {
        self.text = text
        seq = (json["seq"] as? NSNumber)?.int64Value
        message = json["message"] as? String
        user = json["user"] as? String
        epoch = json["epoch"] as? String
        lastSeq = (json["last_seq"] as? NSNumber)?.int64Value
        resumed = json["resumed"] as? Bool
        reset = json["reset"] as? String
        let failure = json["error"] as? [String: Any]
        error = failure?["code"] as? String
        id = (failure ?? json)["id"] as? String
        history = (json["history"] as? [[String: Any]])?.map { ChatFrame(text: "", $0) }
        more = json["more"] as? Bool
    }

    /// The fields of a message as a query of `seq, "user", client_id, message` prints them.
    package var row: String { "\(seq ?? 0)|\(user ?? "")|\(id ?? "")|\(message ?? "")" }

    /// The frame as it was on the wire.
    package var description: String { text }
}
