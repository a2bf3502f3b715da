internal import Rooms
internal import TestKit
internal import Testing

@Suite struct LiveSessionsTests {
    private func session(_ fingerprint: String) -> Session {
        Session(fingerprint: fingerprint, userName: "alice", room: RoomID(0), role: .member)
    }

    @Test func boundsTheConnectionsOfEachSession() {
        let live = LiveSessions(connectionsPerSessionMax: 2)
        let (one, two, three) = (FakeMember("1"), FakeMember("2"), FakeMember("3"))
        #expect(live.enter(session("a"), one))
        #expect(live.enter(session("a"), two))
        #expect(!live.enter(session("a"), three))
        #expect(live.enter(session("b"), three))
        live.leave(session("a"), three)
        #expect(!live.enter(session("a"), three))
        live.leave(session("a"), one)
        #expect(live.enter(session("a"), three))
    }

    @Test func letsAnyNumberInWithoutALimit() {
        let live = LiveSessions(connectionsPerSessionMax: nil)
        for number in 0..<500 { #expect(live.enter(session("a"), FakeMember("\(number)"))) }
    }
}
