-- Who may connect. Written by the embedding application; positional inserts of the first three columns are part of
-- the public contract: insert into sessions values('1','Michael Redman',0);

create table sessions (
    session_key text primary key,
    user_name text not null,
    chat_room integer not null,
    role text not null default 'member' check (role in ('member', 'reader', 'moderator')),
    expires_at timestamptz,
    created_at timestamptz not null default now()
);

comment on table sessions is
    'Who may connect: deleting or changing a row acts on its live connections within a second.';
comment on column sessions.session_key is 'The secret of the session, at most 1024 bytes.';
comment on column sessions.expires_at is 'When the session ends by itself; null for never.';

-- Names a session without revealing its key: what may appear in logs, in notifications and in memory.
create function session_fingerprint(session_key text) returns text
language sql immutable strict parallel safe
return encode(sha256(convert_to(session_key, 'UTF8')), 'hex');

-- Tells every server process which sessions changed; delivered when the changing transaction commits.
-- The search path is kept from here, because the application may change sessions under another one.
-- More than `rows_max` at once would crowd the notification queue: then one call to look at all of them.
create function announce_changed_sessions() returns trigger
language plpgsql set search_path from current as $$
declare
    rows_max constant integer := 1000;
begin
    if (select count(*) from (select from changed limit rows_max + 1) as few) > rows_max then
        perform pg_notify('chat', 'session:*');
    else
        perform pg_notify('chat', 'session:' || session_fingerprint(c.session_key)) from changed c;
    end if;
    return null;
end
$$;

create trigger announce_updated after update on sessions
    referencing old table as changed for each statement execute function announce_changed_sessions();

create trigger announce_deleted after delete on sessions
    referencing old table as changed for each statement execute function announce_changed_sessions();

create function announce_all_sessions() returns trigger
language plpgsql set search_path from current as $$
begin
    perform pg_notify('chat', 'session:*');
    return null;
end
$$;

create trigger announce_truncated after truncate on sessions
    for each statement execute function announce_all_sessions();
