import Testing

@testable import Rooms

/// What the code relies on is asserted in debug builds.
@Suite struct InvariantTests {
    @Test func batchOfRoomsOutOfOrderIsADefect() async {
        await #expect(processExitsWith: .failure) {
            let draft = Draft(user: "ann", text: "hi", clientID: nil)
            _ = Batch(
                id: BatchID(lane: .live, number: 1),
                groups: [2, 1].map { Batch.Group(room: RoomID($0), drafts: [draft]) })
        }
    }

    @Test func emptyGroupIsADefect() async {
        await #expect(processExitsWith: .failure) {
            _ = Batch(id: BatchID(lane: .live, number: 1), groups: [Batch.Group(room: RoomID(1), drafts: [])])
        }
    }

    @Test func messageThatIsRememberedTwiceIsADefect() async {
        await #expect(processExitsWith: .failure) {
            var recent = Recent(floor: 0, countMax: 8, bytesMax: 1 << 10)
            recent.append(EncodedMessage(seq: 1, json: []))
            recent.append(EncodedMessage(seq: 1, json: []))
        }
    }
}
