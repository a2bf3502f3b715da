internal import Rooms
internal import Testing

@testable internal import DB

@Suite struct DoorbellPayloadTests {
    @Test func readsWhatItWrites() {
        let positions = (0..<3000).map { RoomPosition(room: RoomID(Int32($0) - 1500), seq: Int64($0) * 1_000_000_007) }
        let payloads = DoorbellPayload.encode(positions, from: "me")
        #expect(payloads.count > 1)
        #expect(payloads.allSatisfy { $0.utf8.count < 8000 })
        let read = payloads.compactMap { payload -> [RoomPosition]? in
            guard case .news(let positions) = StoreEvent(payload: payload, token: "you") else { return nil }
            return positions
        }
        #expect(Array(read.joined()) == positions)
        #expect(payloads.allSatisfy { StoreEvent(payload: $0, token: "me") == nil })
    }

    @Test func tellsThatAnyRoomMayHaveNews() {
        #expect(DoorbellPayload.encode(nil, from: "me") == ["news:me:*"])
        #expect(StoreEvent(payload: "news:me:*", token: "you") == .resync)
        #expect(DoorbellPayload.encode([], from: "me").isEmpty)
    }

    @Test(arguments: [
        "", "news", "news:", "news:you", "news:you:1", "news:you:1=", "news:you:=1", "news:you:a=1", "news:you:1=b",
        "news:you:1=2=3", "news:you:9999999999=1", "news:you:1=99999999999999999999", "news:you:1=1;2=2",
    ])
    func ignoresWhatItDoesNotUnderstand(payload: String) {
        #expect(StoreEvent(payload: payload, token: "me") == nil)
    }

    /// A mark behind a colon makes one character with it, but the colon is still there.
    @Test func separatorsAreBytes() {
        #expect(StoreEvent(payload: "news:me:\u{301}:1=1", token: "me") == nil)
        #expect(StoreEvent(payload: "session:\u{301}a", token: "me") == .sessionChanged(fingerprint: "\u{301}a"))
    }
}
