internal import TestKit
internal import Testing

@testable internal import Rooms

extension FakeChat {
    /// A batch of these texts of one member, with the ids c0, c1 … in each room; the member joins the rooms.
    func batch(of member: FakeMember, _ texts: [(room: Int32, texts: [String])]) async throws -> StoringBatch {
        var submissions: [DraftQueue.Submission] = []
        for (id, texts) in texts {
            let room = try await directory.join(member, room: RoomID(id), .history(0)).room
            let drafts = texts.enumerated().map { Draft(user: member.user, text: $1, clientID: "c\($0)") }
            submissions.append(.init(room: room, sender: member, drafts: drafts, receivedAt: .now))
        }
        return try #require(StoringBatch(submissions))
    }
}

extension StoringBatch {
    /// The texts of all groups, in order.
    var texts: [String] { groups.flatMap { $0.entries.map(\.draft.text) } }
}
