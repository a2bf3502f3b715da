import DB
import Logging
import Rooms
import TestKit

/// Runs `body` with a running `Database` on a fresh schema, and stops it afterwards.
func withDatabase(
    url: String? = nil, size: Int = 4, _ body: (Database, SQL) async throws -> Void
) async throws {
    let url = if let url { url } else { try await PostgresFixture.shared.database() }
    let database = try Database(url: url, size: size, logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await database.run() }
        try await database.waitUntilAvailable(within: .seconds(20))
        try await body(database, SQL(url))
        group.cancelAll()
    }
}

extension Batch {
    /// A batch of one text a message; `texts` by room.
    static func of(_ texts: [Int32: [String]], user: String = "ann", ids: [String: String] = [:]) -> Batch {
        Batch(
            id: .random(),
            groups: texts.keys.sorted().map { room in
                Group(
                    room: RoomID(room),
                    drafts: (texts[room] ?? []).map { Draft(user: user, text: $0, clientID: ids[$0]) })
            })
    }
}
