/// The statements of the stores; the functions they call are in `migrations/`.
extension Statement {
    static let readRoom = Statement(
        "read_room",
        #"select last_seq, first_seq, epoch, seq, "time", "user", message, client_id from read_room($1, $2)"#)

    static let registerWriter = Statement("register_writer", "select register_writer($1)")

    static let storeBatch = Statement(
        "store_batch",
        """
        select stored_number, stored_at, bases, duplicate_ordinals, duplicate_seqs,
               changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals
        from store_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """)

    static let settleBatch = Statement("settle_batch", "select settle_batch($1, $2)::integer")

    static let readMessages = Statement(
        "read_messages",
        """
        select last_seq, first_seq, through, seq, "time", "user", message, client_id
        from read_messages($1, $2, $3, $4, $5)
        """)

    static let readHistory = Statement(
        "read_history",
        """
        select last_seq, first_seq, more::integer, seq, "time", "user", message, client_id
        from read_history($1, $2, $3, $4)
        """)

    static let oldestOfNewest = Statement(
        "oldest_of_newest", "select last_seq, first_seq, seq from oldest_of_newest($1, $2)")

    static let roomNews = Statement(
        "room_news",
        """
        select last_seq, first_seq, through, seq, "time", "user", message, client_id, room
        from room_news($1, $2, $3, $4, $5)
        """)

    static let epoch = Statement("epoch", "select current_epoch()")

    static let ringDoorbell = Statement("ring_doorbell", "select ring_doorbell($1)")

    static let drainInbox = Statement(
        "drain_inbox",
        """
        select taken, after_seq, through_seq, seq, "time", "user", message, null::text, room
        from drain_inbox($1, $2)
        """)

    static let sessions = Statement(
        "sessions",
        """
        select session_key, session_fingerprint(session_key), user_name, chat_room, role, expires_at, id_name
        from sessions
        where session_key = any ($1) and (expires_at is null or expires_at > clock_timestamp())
        """)

    /// For clients that are connected already; uses the index of 0010.
    static let sessionsAgain = Statement(
        "sessions_again",
        """
        select
            session_fingerprint(session_key), session_fingerprint(session_key), user_name, chat_room, role, expires_at,
            id_name
        from sessions
        where session_fingerprint(session_key) = any ($1) and (expires_at is null or expires_at > clock_timestamp())
        """)

    /// Whether the server accepts no writes on this connection now: it is a standby, or is set to read-only.
    static let isReadOnly = once("select (current_setting('transaction_read_only') = 'on')::integer")

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
