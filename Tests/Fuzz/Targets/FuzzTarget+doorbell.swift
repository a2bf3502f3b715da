@testable internal import DB
@testable internal import Rooms

/// Any notification is read or ignored; what is written about rooms fits into one and is read back.
func fuzzDoorbell(_ bytes: [UInt8]) throws(BrokenRule) {
    let payload = String(decoding: bytes, as: UTF8.self)
    switch StoreEvent(payload: payload, token: "me") {
    case .news(let positions): try checkRoundTrip(positions)
    case .sessionChanged(let fingerprint):
        // By bytes: a fingerprint that begins with a combining mark is no suffix by characters.
        let suffix = payload.utf8.suffix(fingerprint.utf8.count)
        try expect(suffix.elementsEqual(fingerprint.utf8), "another fingerprint")
    case .inbox, .resync, nil: break
    }
    try expect(StoreEvent(payload: "news:me:" + payload, token: "me") == nil, "its own ring is news")

    var input = FuzzInput(bytes)
    var positions: [RoomPosition] = []
    let times = Int(input.byte() & 0x3F)
    while !input.isEmpty {
        let position = RoomPosition(room: RoomID(input.integer()), seq: input.integer())
        positions += repeatElement(position, count: 1 + times)
    }
    try checkRoundTrip(positions)
}

private func checkRoundTrip(_ positions: [RoomPosition]) throws(BrokenRule) {
    var read: [RoomPosition] = []
    for payload in DoorbellPayload.encode(positions, from: "1y2p0ij32e8e7") {
        // NOTIFY takes payloads shorter than 8000 bytes (PostgreSQL manual, NOTIFY).
        try expect(payload.utf8.count < 8000, "a payload of \(payload.utf8.count) bytes")
        guard case .news(let some) = StoreEvent(payload: payload, token: "me") else {
            throw BrokenRule(description: "not read back: \(payload)")
        }
        read += some
    }
    try expect(read == positions, "\(positions.count) places, \(read.count) read back")
}
