import DB
import Logging
import Rooms
import Synchronization
import TestKit

/// Runs `body` with a running `Database` on a fresh schema, and stops it afterwards.
func withDatabase(
    url: String? = nil, schema: String = "public", size: Int = 2, _ body: (Database, SQL) async throws -> Void
) async throws {
    let url = if let url { url } else { try await PostgresFixture.shared.database() }
    let database = try Database(url: url, schema: schema, size: size, logger: Logger(label: "test"))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await database.run() }
        try await database.waitUntilAvailable(within: .seconds(20))
        try await body(database, SQL(url))
        group.cancelAll()
    }
}

extension Batch {
    /// A batch of one text a message; `texts` by room.
    static func of(
        _ texts: [Int32: [String]], user: String = "ann", identity: Identity? = nil, ids: [String: String] = [:],
        lane: BatchID.Lane = .live
    ) -> Batch {
        Batch(
            id: .next(lane),
            groups: texts.keys.sorted().map { room in
                Group(
                    room: RoomID(room),
                    drafts: (texts[room] ?? []).map {
                        Draft(user: user, text: $0, clientID: ids[$0], identity: identity)
                    })
            })
    }
}

extension BatchID {
    private static let newest = Atomic<Int64>(0)

    /// A batch after all others of this process.
    static func next(_ lane: BatchID.Lane = .live) -> BatchID {
        BatchID(lane: lane, number: newest.add(1, ordering: .relaxed).newValue)
    }
}

extension Database {
    /// The messages of a room after a number, at most `limit` and beyond the first one at most `bytes` of text.
    func page(
        of room: Int32, after: Int64 = 0, through: Int64 = 99, limit: Int = 99, bytes: Int = 1 << 20
    ) async throws -> [StoredMessage] {
        try await messages(in: RoomID(room), after: after, through: through, limit: limit, bytes: bytes).run.messages
    }

    /// What one drain of the inbox stored.
    func drained(limit: Int = 99, bytes: Int = 1 << 20) async throws -> [StoredMessage] {
        try await drainInbox(limit: limit, bytes: bytes).runs.flatMap(\.messages)
    }
}

/// A trigger of the embedding application on `log`, for each row.
///
/// - Parameters:
///   - moment: as in `create trigger`, `before insert` for example.
///   - body: statements of PL/pgSQL.
func logTrigger(_ moment: String, _ body: String, deferred: Bool = false) -> String {
    """
    create function application() returns trigger language plpgsql as $$ begin \(body) end $$;
    create \(deferred ? "constraint" : "") trigger application \(moment) on log
    \(deferred ? "deferrable initially deferred" : "") for each row execute function application();
    """
}
