/// The schema that holds all objects of Roomcast (`db_schema`).
struct DatabaseSchema: Sendable, Equatable {
    /// The name of the default schema, which nodejschat used, too.
    static let publicName = "public"

    /// Its name, unquoted.
    let name: String

    /// The channel of its notifications, the same as `chat_channel()` returns.
    ///
    /// The server truncates longer names to 63 bytes. Schemas whose names begin with the same 58 bytes share a channel;
    /// notifications are only hints, so this costs queries but shows nothing.
    var channel: String { name == Self.publicName ? "chat" : String("chat_\(name)".prefix(63)) }

    /// Starts to listen on the channel.
    var listening: Statement { .once("listen \"\(channel.replacing("\"", with: "\"\""))\"") }

    /// Restricts the search path to the schema `$1`: objects of other schemas, and temporary tables, are never mistaken
    /// for ours (manual, 5.9.6).
    static let pinning = Statement.once("select set_config('search_path', quote_ident($1) || ', pg_temp', false)")
}

extension Statement {
    /// Makes the planner find rows by indexes, as every statement of the server can. Without statistics, in a new table
    /// or after a bulk load, it would read whole tables, and keep such a plan until the next `analyze` (manual, 20.7.1).
    /// Compiling (`jit`) would cost more than these statements take.
    static let planning = once("select set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)")
}

extension PostgresConnection {
    /// Restricts the search path of the connection to the schema, and its plans to indexes.
    func pin(to schema: DatabaseSchema) async throws(PostgresError) {
        _ = try await run(DatabaseSchema.pinning, [.text(schema.name)], within: DBLimits.connectDeadline)
        _ = try await run(.planning, [], within: DBLimits.connectDeadline)
    }
}
