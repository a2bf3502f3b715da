-- Moderation: who may write and connect, what a room allows, and who did what.
--
-- A person is named by its user_id or, without one, by its name. What is set reaches live connections as a change of
-- their sessions does: each session that may be concerned is announced, and servers look it up.

create table restrictions (
    room integer,
    identity text not null,
    kind text not null check (kind in ('mute', 'ban', 'kick')),
    until timestamptz,
    times integer not null default 1,
    reason text,
    actor text,
    since timestamptz not null default now(),
    unique nulls not distinct (identity, kind, room)
);

comment on table restrictions is 'Who may not write (mute) or connect (ban), and how often somebody was kicked; written by the functions only.';
comment on column restrictions.room is 'null: every room.';
comment on column restrictions.until is 'null: for ever.';

-- Apart from `rooms`, so that logins read it, and moderators write it, without the locks of those who store messages.
create table room_rules (
    room integer primary key,
    frozen boolean not null default false,
    slow_mode_s integer not null default 0 check (slow_mode_s >= 0)
);

comment on table room_rules is 'What rooms allow, if it is not everything; written by the functions only.';
comment on column room_rules.frozen is 'Whether only moderators may write; set by freeze().';
comment on column room_rules.slow_mode_s is 'The seconds between two messages of a person, 0 for no limit; set by slow_mode().';

create index sessions_identity on sessions (coalesce(user_id, user_name));

create table moderation_events (
    event_id bigint generated always as identity primary key,
    "time" timestamptz not null default clock_timestamp(),
    room integer,
    action text not null,
    identity text,
    until timestamptz,
    setting integer,
    reason text,
    actor text
);

comment on table moderation_events is 'Everything that moderators and SQL did to people and rooms; see moderation_log.';

create view moderation_log as select "time", room, action, identity, until, reason, actor from moderation_events;

comment on view moderation_log is 'Who did what to whom, in which room (null: every room), until when (null: for ever) and why.';

-- Announces the sessions of a person (null: of all people) in a room (null: in every room). More than `told_max` would
-- crowd the notification queue: then one call to look at all of them.
create function announce_sessions(person text, wanted integer) returns void
language plpgsql set search_path from current as $$
declare
    told_max constant integer := 1000;
    told text[];
begin
    if person is not null then
        told := array(
            select session_fingerprint(s.session_key) from sessions s
            where coalesce(s.user_id, s.user_name) = person and (wanted is null or s.chat_room = wanted)
            limit told_max + 1);
    else
        told := array(
            select session_fingerprint(s.session_key) from sessions s where s.chat_room = wanted limit told_max + 1);
    end if;
    if cardinality(told) > told_max then
        perform pg_notify(chat_channel(), 'session:*');
    else
        perform pg_notify(chat_channel(), 'session:' || t.fingerprint) from unnest(told) as t(fingerprint);
    end if;
end
$$;

-- Carries out what a moderator or SQL wants. `setting`: 1 or 0 for 'freeze', seconds for 'slow_mode'.
create function moderate(
    action text, wanted integer, person text, until timestamptz, setting integer, reason text, actor text
) returns void
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
#variable_conflict use_variable
begin
    if action in ('mute', 'ban') and until <= clock_timestamp() then
        delete from restrictions r
            where r.identity = person and r.kind = action and r.room is not distinct from wanted;
    elsif action in ('mute', 'ban', 'kick') then
        insert into restrictions as r (room, identity, kind, until, reason, actor)
            values (wanted, person, action, until, reason, actor)
            on conflict (identity, kind, room) do update
                set until = excluded.until, times = r.times + 1, reason = excluded.reason, actor = excluded.actor,
                    since = excluded.since;
    else
        insert into room_rules as r (room, frozen, slow_mode_s)
            values (wanted, action = 'freeze' and setting = 1, case action when 'slow_mode' then setting else 0 end)
            on conflict (room) do update
                set frozen = case action when 'freeze' then excluded.frozen else r.frozen end,
                    slow_mode_s = case action when 'slow_mode' then excluded.slow_mode_s else r.slow_mode_s end;
    end if;
    insert into moderation_events (room, action, identity, until, setting, reason, actor)
        values (wanted, action, person, until, setting, reason, actor);
    perform announce_sessions(person, wanted);
end
$$;

-- Puts moderation into the inbox, after checking what all of it has.
create function queue_moderation(
    action text, room integer, person text, until timestamptz, setting integer, reason text, actor text
) returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    text_bytes_max constant integer := 1024;
    argument record;
begin
    for argument in
        select a.name, a.value from (values ('user', person), ('reason', reason), ('actor', actor)) as a(name, value)
    loop
        if argument.value = '' then
            raise exception '%: % must not be empty', action, argument.name using errcode = '22023';
        elsif octet_length(argument.value) > text_bytes_max then
            raise exception '%: % has % bytes, more than the limit of %',
                action, argument.name, octet_length(argument.value), text_bytes_max using errcode = '22001';
        end if;
    end loop;
    if action in ('mute', 'ban', 'kick') and person is null then
        raise exception '%: user must not be null', action using errcode = '22023';
    elsif action in ('freeze', 'slow_mode') and room is null then
        raise exception '%: room must not be null', action using errcode = '22023';
    end if;
    insert into inbox (kind, room, identity, until, setting, message, "user")
        values (action, room, person, until, setting, reason, actor);
    perform pg_notify(chat_channel(), 'inbox');
end
$$;

-- Lets a person write nothing in a room (null: in every room) until a moment (null: for ever; a past one: no longer).
create function mute(
    room integer, "user" text, until timestamptz, reason text default null, actor text default null
) returns void
language sql set search_path from current as $$
    select queue_moderation('mute', room, "user", until, null, reason, actor)
$$;

-- Lets a person not connect to a room (null: to any), as mute() does.
create function ban(
    room integer, "user" text, until timestamptz, reason text default null, actor text default null
) returns void
language sql set search_path from current as $$
    select queue_moderation('ban', room, "user", until, null, reason, actor)
$$;

-- Closes the connections of a person everywhere; its keys are as good as before.
create function kick("user" text, reason text default null, actor text default null) returns void
language sql set search_path from current as $$
    select queue_moderation('kick', null, "user", null, null, reason, actor)
$$;

-- Lets only moderators and SQL write in a room, or lets everybody.
create function freeze(room integer, "on" boolean, reason text default null, actor text default null) returns void
language plpgsql set search_path from current as $$
begin
    if "on" is null then
        raise exception 'freeze: on must not be null' using errcode = '22023';
    end if;
    perform queue_moderation('freeze', room, null, null, "on"::integer, reason, actor);
end
$$;

-- Sets the seconds between two messages of a person in a room; 0 for no limit.
create function slow_mode(room integer, seconds integer, reason text default null, actor text default null) returns void
language plpgsql set search_path from current as $$
begin
    if seconds is null or seconds < 0 then
        raise exception 'slow_mode: seconds must be 0 or more' using errcode = '22023';
    end if;
    perform queue_moderation('slow_mode', room, null, null, seconds, reason, actor);
end
$$;

comment on function mute(integer, text, timestamptz, text, text) is 'Lets a person write nothing; a past moment lifts it.';
comment on function ban(integer, text, timestamptz, text, text) is 'Lets a person not connect; a past moment lifts it.';
comment on function kick(text, text, text) is 'Closes the connections of a person; it may come back.';
comment on function freeze(integer, boolean, text, text) is 'Lets only moderators write in a room.';
comment on function slow_mode(integer, integer, text, text) is 'Sets the seconds between two messages of a person.';
