/// The statements of the stores; what they call is in `migrations/`.
extension Statement {
    static let openRoom = Statement(
        "open_room",
        #"select epoch, last_seq, first_seq, seq, "time", "user", message, client_id from open_room($1, $2)"#)

    static let storeBatch = Statement(
        "store_batch",
        """
        select stored_at, bases, duplicate_ordinals, duplicate_seqs
        from store_batch($1, $2, $3, $4, $5, $6, $7, $8)
        """)

    static let messagesAfter = Statement(
        "messages_after", #"select seq, "time", "user", message, client_id from messages_after($1, $2, $3, $4, $5)"#)

    static let roomNews = Statement(
        "room_news",
        """
        select room, last_seq, first_seq, seq, "time", "user", message, client_id from room_news($1, $2, $3, $4)
        """)

    static let epoch = Statement("epoch", "select current_epoch()")

    static let ringDoorbell = Statement("ring_doorbell", "select ring_doorbell($1)")

    static let messagesBefore = Statement(
        "messages_before",
        """
        select seq, "time", "user", message, client_id from (
            select * from log where room = $1 and seq < $2 order by seq desc limit $3
        ) as newest order by seq
        """)

    static let drainInbox = Statement(
        "drain_inbox", #"select room, seq, "time", "user", message from drain_inbox($1)"#)

    static let forgetBatches = Statement(
        "forget_batches", "select forget_batches($1 * interval '1 second', $2)")

    static let sessions = Statement(
        "sessions",
        """
        select session_key, session_fingerprint(session_key), user_name, chat_room, role, expires_at from sessions
        where session_key = any ($1) and (expires_at is null or expires_at > clock_timestamp())
        """)

    /// For those who are connected already, by the index of 0010.
    static let sessionsAgain = Statement(
        "sessions_again",
        """
        select session_fingerprint(session_key), session_fingerprint(session_key), user_name, chat_room, role, expires_at
        from sessions
        where session_fingerprint(session_key) = any ($1) and (expires_at is null or expires_at > clock_timestamp())
        """)

    /// Narrows the search path to the first schema of it that exists, which is ours: nothing that others make in a
    /// further one, or as a temporary table, is ever taken for ours (manual, 5.9.6).
    static let keepToSchema = once(
        """
        select set_config(
            'search_path', quote_ident(current_schema()) || ', pg_temp', false) where current_schema() is not null
        """)

    static let ping = Statement("ping", "select 1")

    static let createSession = Statement(
        "create_session",
        "insert into sessions (session_key, user_name, chat_room, role, expires_at) values ($1, $2, $3, $4, $5)")

    static let listSessions = Statement(
        "list_sessions",
        """
        select session_fingerprint(session_key), user_name, chat_room, role, expires_at, created_at from sessions
        order by created_at desc, session_key limit $1
        """)

    static let revokeSession = Statement(
        "revoke_session",
        """
        with meant as (
            select s.session_key from sessions s where s.session_key = $1
            union all
            select s.session_key from sessions s
            where starts_with(session_fingerprint(s.session_key), $2)
              and not exists (select from sessions k where k.session_key = $1)
        ), gone as (
            delete from sessions s where (select count(*) from meant) = 1 and s.session_key = (select min(session_key) from meant)
        )
        select count(*) from meant
        """)

    static let newEpoch = Statement("new_epoch", "select new_epoch()")
}
