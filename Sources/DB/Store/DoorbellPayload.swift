internal import Rooms

/// The payload of a doorbell notification: `news:SENDER:ROOM=SEQ,ROOM=SEQ…`, or `news:SENDER:*` for any room.
struct DoorbellPayload: Equatable {
    /// Identifies the process that sent it.
    var sender: Substring
    /// The newest positions of rooms; nil if any room may have news.
    var positions: [RoomPosition]?

    /// Reads what follows `news:`; returns nil if it does not have this form.
    ///
    /// Splits by bytes: a combining mark after a separator would form another character with it.
    init?(_ text: Substring) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        sender = Substring(parts[0])
        guard Substring(parts[1]) != "*" else { return }
        var positions: [RoomPosition] = []
        for place in parts[1].split(separator: UInt8(ascii: ",")) {
            let numbers = place.split(separator: UInt8(ascii: "="), maxSplits: 1).map(Substring.init)
            guard numbers.count == 2, let room = Int32(numbers[0]), let seq = Int64(numbers[1]) else { return nil }
            positions.append(RoomPosition(room: RoomID(room), seq: seq))
        }
        self.positions = positions
    }

    /// The payloads for these positions, as few as their size allows.
    static func encode(_ positions: [RoomPosition]?, from sender: String) -> [String] {
        let head = "news:\(sender):"
        guard let positions else { return [head + "*"] }
        var payloads: [String] = []
        var payload = head
        for position in positions {
            let place = "\(position.room)=\(position.seq)"
            if payload.utf8.count + 1 + place.utf8.count > DBLimits.payloadBytesMax {
                payloads.append(payload)
                payload = head
            }
            payload += payload.utf8.count == head.utf8.count ? place : ",\(place)"
        }
        if payload.utf8.count > head.utf8.count { payloads.append(payload) }
        return payloads
    }
}
