-- Keys that a stolen database does not reveal, and updates that cost nothing while nothing live depends on them.

comment on column sessions.session_key is
    'The secret of the session, at most 1024 bytes; or sha256: and the SHA-256 of the secret in 64 lower-case hexadecimal digits.';

-- Names a session without revealing its key: the SHA-256 of what the client presents.
create or replace function session_fingerprint(session_key text) returns text
language sql immutable strict parallel safe
return case when session_key ~ '^sha256:[0-9a-f]{64}$' then substr(session_key, 8)
            else encode(sha256(convert_to(session_key, 'UTF8')), 'hex') end;

-- Keys that begin with sha256: had another fingerprint before.
reindex index sessions_fingerprint;

-- Tells every server process that a session has changed; delivered when the changing transaction commits. After
-- `told_max` in one transaction, one call to look at all of them: more would crowd the notification queue. (The
-- counter is a setting of the transaction.)
create function announce_changed_session() returns trigger
language plpgsql set search_path from current as $$
declare
    told_max constant integer := 1000;
    told constant integer := coalesce(nullif(current_setting('roomcast.sessions_told', true), ''), '0')::integer;
begin
    if told < told_max then
        perform pg_notify(chat_channel(), 'session:' || session_fingerprint(old.session_key));
        perform set_config('roomcast.sessions_told', (told + 1)::text, true);
    else
        -- PostgreSQL keeps one of several equal notifications of a transaction.
        perform pg_notify(chat_channel(), 'session:*');
    end if;
    return null;
end
$$;

drop trigger announce_updated on sessions;

-- Only for what a live connection needs at once: servers look at the row again before they end a session that expires.
create trigger announce_updated after update on sessions for each row
    when (old.session_key <> new.session_key or old.user_name <> new.user_name or old.chat_room <> new.chat_room
          or old.role <> new.role or old.id_name is distinct from new.id_name
          or coalesce(new.expires_at, 'infinity') < coalesce(old.expires_at, 'infinity'))
    execute function announce_changed_session();
