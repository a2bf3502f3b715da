/// The statements of the stores; the functions they call are in `migrations/`.
extension Statement {
    static let openLog = Statement(
        "open_log", "select last_seq, first_seq, epoch, \(LogRows.columns) from open_log($1, $2)")

    static let registerWriter = Statement("register_writer", "select register_writer($1)")

    static let storeBatch = Statement(
        "store_batch",
        """
        select stored_number, stored_at, bases, duplicate_ordinals, duplicate_seqs,
               changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals, changed_user_ids
        from store_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """)

    static let settleBatch = Statement("settle_batch", "select settle_batch($1, $2)::integer")

    static let storeChanges = Statement(
        "store_changes",
        """
        select outcomes, after_seq, through_seq, \(LogRows.columns), room, outcome_seqs
        from store_changes(
            $1, $2, $3, $4, $5, $6, $7, $8::boolean[], $9, $10, $11, $12::boolean[], $13, $14, $15, $16, $17::integer[])
        """)

    static let logPage = Statement(
        "log_page", "select last_seq, first_seq, through, \(LogRows.columns) from log_page($1, $2, $3, $4, $5)")

    static let logHistory = Statement(
        "log_history",
        "select last_seq, first_seq, more::integer, \(LogRows.columns) from log_history($1, $2, $3, $4, $5::boolean)")

    static let newestSpan = Statement(
        "newest_span", "select last_seq, first_seq, seq from newest_span($1, $2, $3::boolean)")

    static let logNews = Statement(
        "log_news", "select last_seq, first_seq, through, \(LogRows.columns), room from log_news($1, $2, $3, $4, $5)")

    static let epoch = Statement("epoch", "select current_epoch()")

    static let ringDoorbell = Statement("ring_doorbell", "select ring_doorbell($1)")

    static let takeInbox = Statement(
        "take_inbox", "select taken, after_seq, through_seq, \(LogRows.columns), room from take_inbox($1, $2)")

    /// The sessions of the keys `$1` that a client presents. A row may hold the key or its hash: the fingerprint is the
    /// SHA-256 of the key in both cases, and has an index. A row that begins with `sha256:` is never the key itself.
    static let sessions = Statement(
        "sessions",
        """
        select k.key, session_fingerprint(s.session_key), s.user_name, s.chat_room, s.role, s.expires_at, s.id_name,
               s.user_id, 0, \(moderationColumns)
        from unnest($1) as k(key)
        join sessions s on session_fingerprint(s.session_key) = encode(sha256(convert_to(k.key, 'UTF8')), 'hex')
        \(moderation)
        where (s.expires_at is null or s.expires_at > clock_timestamp())
          and (not starts_with(s.session_key, 'sha256:') or s.session_key ~ '^sha256:[0-9a-f]{64}$')
        """)

    /// For clients that are connected already, with those that have expired.
    static let sessionsAgain = Statement(
        "sessions_again",
        """
        select session_fingerprint(session_key), session_fingerprint(session_key), user_name, chat_room, role, expires_at,
               id_name, user_id, (expires_at is not null and expires_at <= clock_timestamp())::integer,
               \(moderationColumns)
        from sessions s
        \(moderation)
        where session_fingerprint(session_key) = any ($1)
        """)

    private static let moderationColumns = """
        m.muted_until, coalesce(m.is_banned, false)::integer, coalesce(r.frozen, false)::integer,
        coalesce(r.slow_mode_s, 0), coalesce(m.kicks, 0)
        """

    /// What moderation has set for the person and the room of the session `s`; a mute for ever is until infinity.
    private static let moderation = """
        left join room_rules r on r.room = s.chat_room
        left join lateral (
            select max(coalesce(x.until, 'infinity')) filter (where x.kind = 'mute' and x.is_on) as muted_until,
                   bool_or(x.kind = 'ban' and x.is_on) as is_banned,
                   max(x.times) filter (where x.kind = 'kick') as kicks
            from (
                select *, until is null or until > clock_timestamp() as is_on from restrictions
                where identity = coalesce(s.user_id, s.user_name) and (room is null or room = s.chat_room)
            ) as x
        ) as m on true
        """

    /// Whether the server accepts no writes on this connection now: it is a standby, or is set to read-only.
    static let isReadOnly = once("select (current_setting('transaction_read_only') = 'on')::integer")

    static let ping = Statement("ping", "select 1")

    static let createSession = Statement(
        "create_session",
        "insert into sessions (session_key, user_name, chat_room, role, expires_at) values ($1, $2, $3, $4, $5)")

    static let createHashedSession = Statement(
        "create_hashed_session",
        """
        insert into sessions (session_key, user_name, chat_room, role, expires_at)
        values ('sha256:' || encode(sha256(convert_to($1, 'UTF8')), 'hex'), $2, $3, $4, $5)
        """)

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
            select s.session_key from sessions s
            where s.session_key = $1 or session_fingerprint(s.session_key) = encode(sha256(convert_to($1, 'UTF8')), 'hex')
            union all
            select s.session_key from sessions s
            where starts_with(session_fingerprint(s.session_key), $2)
              and not exists (
                  select from sessions k
                  where k.session_key = $1
                     or session_fingerprint(k.session_key) = encode(sha256(convert_to($1, 'UTF8')), 'hex'))
        ), gone as (
            delete from sessions s where (select count(*) from meant) = 1 and s.session_key = (select min(session_key) from meant)
        )
        select count(*) from meant
        """)

    static let newEpoch = Statement("new_epoch", "select new_epoch()")
}
