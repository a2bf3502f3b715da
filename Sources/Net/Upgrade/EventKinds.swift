/// The events besides messages that a client can request with the query parameter `events`.
package struct EventKinds: OptionSet {
    package let rawValue: UInt8

    /// Changes of the client's own session.
    package static let session = EventKinds(rawValue: 1)
    /// Changes of earlier messages.
    static let changes = EventKinds(rawValue: 2)
    /// Members that join and leave; not sent yet.
    static let presence = EventKinds(rawValue: 4)
    /// Who is typing; not sent yet.
    static let typing = EventKinds(rawValue: 8)
    /// How far others have read; not sent yet.
    static let read = EventKinds(rawValue: 16)

    private static let words: [Substring: EventKinds] = [
        "session": .session, "changes": .changes, "presence": .presence, "typing": .typing, "read": .read,
    ]

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reads a comma-separated list; rejects an empty or unknown word.
    init(list: String) throws(UpgradeRefusal) {
        self = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = Self.words[word] else {
                throw .malformed("events must be a list of session, changes, presence, typing and read")
            }
            formUnion(kind)
        }
    }
}
