-- Changes by SQL.

alter table inbox
    add column kind text not null default 'message',
    add column target bigint,
    add column identity text,
    add column until timestamptz,
    add column setting integer,
    alter column room drop not null,
    alter column "user" drop not null,
    alter column message drop not null,
    add check (
        case when kind = 'message' then room is not null and "user" is not null and message is not null
             when kind in ('edit', 'delete') then room is not null and message is not null and target is not null
             when kind in ('mute', 'ban', 'kick') then identity is not null
             else kind in ('freeze', 'slow_mode') and room is not null and setting is not null end);
alter table inbox_rejected
    add column kind text not null default 'message',
    add column target bigint,
    add column identity text,
    add column until timestamptz,
    add column setting integer,
    alter column room drop not null,
    alter column "user" drop not null,
    alter column message drop not null;

comment on table inbox is 'What new_message(), edit_message() and the other functions left and the server has not carried out yet.';
comment on column inbox.kind is
    'message; edit, delete: a change of the message number `target`, by "user" (may be null); mute, ban, kick, freeze, slow_mode: moderation by "user", `message` is the reason.';
comment on table inbox_rejected is 'Rows of inbox that a trigger or constraint of log refused.';

-- Gives the message another text: shown if and only if the caller's transaction commits, in order within it and with
-- new_message(). Nothing happens if there is no such message, or if it is deleted. `actor` is shown as who did it.
create function edit_message(room integer, seq bigint, text text, actor text default null) returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    message_bytes_max constant integer := 65536;
begin
    if text is null or text = '' then
        raise exception 'edit_message: text must not be null or empty' using errcode = '22023';
    elsif octet_length(text) > message_bytes_max then
        raise exception 'edit_message: text has % bytes, more than the limit of %',
            octet_length(text), message_bytes_max using errcode = '22001';
    end if;
    perform queue_change('edit', room, seq, text, actor);
end
$$;

comment on function edit_message(integer, bigint, text, text) is
    'Gives a message another text: shown if and only if the transaction commits.';

-- Deletes the message, as edit_message() changes it.
create function delete_message(room integer, seq bigint, actor text default null) returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
begin
    perform queue_change('delete', room, seq, '', actor);
end
$$;

comment on function delete_message(integer, bigint, text) is
    'Deletes a message: shown if and only if the transaction commits.';

-- Puts a change into the inbox; `kind` names it there, and the function in errors.
create function queue_change(kind text, room integer, seq bigint, message text, actor text) returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    user_bytes_max constant integer := 1024;
begin
    if room is null then
        raise exception '%_message: room must not be null', kind using errcode = '22023';
    elsif seq is null then
        raise exception '%_message: seq must not be null', kind using errcode = '22023';
    elsif actor = '' then
        raise exception '%_message: actor must not be empty', kind using errcode = '22023';
    elsif octet_length(actor) > user_bytes_max then
        raise exception '%_message: actor has % bytes, more than the limit of %',
            kind, octet_length(actor), user_bytes_max using errcode = '22001';
    end if;
    insert into inbox (room, "user", message, kind, target) values (room, actor, message, kind, seq);
    perform pg_notify(chat_channel(), 'inbox');
end
$$;

-- How many of the oldest rows of the inbox, at most `rows_max`, are messages that stand before the first change.
create function messages_first(rows_max integer) returns bigint
language plpgsql stable set search_path from current as $$
begin
    return (
        select count(*) filter (where i.messages = i.place)
        from (
            select row_number() over read as place, count(*) filter (where i.kind = 'message') over read as messages
            from (select * from inbox order by inbox_id limit rows_max) as i
            window read as (order by i.inbox_id rows unbounded preceding)
        ) as i);
end
$$;

-- Numbers and stores the oldest rows of the inbox, at most `rows_max` and, beyond the first, `bytes_max` of text: either
-- messages or all else, up to the first row of the other sort. Either all of them are stored, or the call fails: the caller
-- tries fewer. A single row that `log` refuses, for whatever reason, goes to inbox_rejected.
--
-- Returns `taken`, the number of rows taken out of the inbox, in each row, and for each room what log_runs() returns. One
-- row at least, with a null room if nothing was stored. One process at a time drains; another one that tries meanwhile
-- need not wait, and takes nothing.
create function take_inbox(rows_max integer, bytes_max bigint)
returns table (
    taken bigint, room integer, after_seq bigint, through_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
#variable_conflict use_column
declare
    one_drainer constant bigint := hashtextextended('roomcast inbox', 'inbox'::regclass::oid::bigint);
    may_take constant boolean := pg_try_advisory_xact_lock(one_drainer);
    batch record;
    stored_rooms integer[];
    afters bigint[];
    throughs bigint[];
begin
    with oldest as (
        select i.inbox_id, sum(coalesce(octet_length(i.message), 0)) over read as bytes, row_number() over read as place,
               count(*) filter (where i.kind = 'message') over read as messages
        from (select * from inbox order by inbox_id limit case when may_take then rows_max else 0 end) as i
        window read as (order by i.inbox_id rows unbounded preceding)
    ), gone as (
        -- By an array, so that it is an index scan: a join might read all that waits.
        delete from inbox i
        where i.inbox_id = any (array(
            -- All of them messages, or none.
            select o.inbox_id from oldest o where (o.bytes <= bytes_max or o.place = 1) and o.messages in (o.place, 0)))
        returning i.*
    )
    select count(*) as size, array_agg(g.inbox_id order by g.inbox_id) as ids,
           array_agg(g.room order by g.inbox_id) as rooms, array_agg(g."time" order by g.inbox_id) as times,
           array_agg(g."user" order by g.inbox_id) as users, array_agg(g.message order by g.inbox_id) as texts,
           array_agg(g.kind order by g.inbox_id) as kinds, array_agg(g.target order by g.inbox_id) as targets,
           array_agg(g.identity order by g.inbox_id) as people, array_agg(g.until order by g.inbox_id) as untils,
           array_agg(g.setting order by g.inbox_id) as settings
        into batch from gone g;
    if batch.kinds[1] = 'message' then
        select s.rooms, s.afters, s.throughs into stored_rooms, afters, throughs
            from store_taken_messages(batch.ids, batch.rooms, batch.times, batch.users, batch.texts) as s;
    elsif batch.size > 0 then
        select s.rooms, s.afters, s.throughs into stored_rooms, afters, throughs
            from store_taken_changes(
                batch.ids, batch.rooms, batch.users, batch.texts, batch.kinds, batch.targets, batch.people,
                batch.untils, batch.settings) as s;
    end if;
    return query
        select batch.size, r.*
        from (select) as always
        left join log_runs(stored_rooms, afters, throughs) as r on true
        order by r.room, r.kind is not distinct from 'target', r.seq;
end
$$;

-- Stores messages that take_inbox() took, or puts the only one aside. Returns the numbers of each room, ascending; nulls
-- if none is stored.
create function store_taken_messages(
    ids bigint[], taken_rooms integer[], times timestamptz[], users text[], texts text[],
    out rooms integer[], out afters bigint[], out throughs bigint[]
)
language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    counts integer[];
begin
    select array_agg(c.room order by c.room), array_agg(c.n order by c.room) into rooms, counts
        from (select t.room, count(*)::integer as n from unnest(taken_rooms) as t(room) group by t.room) as c;
    -- Waited for here, where running out of time is nobody's fault and rejects no message.
    perform lock_rooms(rooms);
    lock table log in row exclusive mode;
    if cardinality(ids) > 1 then
        afters := store_taken(rooms, counts, taken_rooms, times, users, texts);
    else
        begin
            afters := store_taken(rooms, counts, taken_rooms, times, users, texts);
        exception
            -- `others` alone would not match a time-out.
            when query_canceled or assert_failure or others then
                insert into inbox_rejected (inbox_id, room, "time", "user", message, sqlstate)
                    values (ids[1], taken_rooms[1], times[1], users[1], texts[1], sqlstate);
                rooms := null;
        end;
    end if;
    throughs := array(select a.base + a.n from unnest(afters, counts) with ordinality as a(base, n, o) order by a.o);
end
$$;

-- As store_taken_messages(), for changes and moderation. SQL may change anything, at any time.
create function store_taken_changes(
    ids bigint[], taken_rooms integer[], users text[], texts text[], kinds text[], targets bigint[],
    people text[], untils timestamptz[], settings integer[],
    out rooms integer[], out afters bigint[], out throughs bigint[]
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
#variable_conflict use_column
declare
    of_sql constant boolean[] := array_fill(true, array[cardinality(ids)]);
    applied record;
begin
    -- Waited for here, where running out of time is nobody's fault and rejects no change.
    perform lock_rooms_of(taken_rooms);
    lock table log in row exclusive mode;
    perform from log l
        join unnest(taken_rooms, targets) as t(room, seq) on l.room = t.room and l.seq = t.seq
        order by l.room, l.seq for update of l;
    if cardinality(ids) > 1 then
        select * into applied from apply_changes(
            taken_rooms, kinds, targets, texts, null, null, users, null, null, of_sql, null, null, people, untils,
            settings);
    else
        begin
            select * into applied from apply_changes(
                taken_rooms, kinds, targets, texts, null, null, users, null, null, of_sql, null, null, people, untils,
                settings);
        exception
            when query_canceled or assert_failure or others then
                insert into inbox_rejected (
                    inbox_id, room, "user", message, kind, target, identity, until, setting, sqlstate)
                    values (ids[1], taken_rooms[1], users[1], texts[1], kinds[1], targets[1], people[1], untils[1],
                            settings[1], sqlstate);
                return;
        end;
    end if;
    select r.rooms, r.afters, r.throughs into rooms, afters, throughs
        from runs_of_changes(taken_rooms, applied.outcomes, applied.outcome_seqs) as r;
end
$$;

-- The numbers that changes of one transaction took in each room, ascending; nulls if they took none.
create function runs_of_changes(
    request_rooms integer[], outcomes text[], seqs bigint[],
    out rooms integer[], out afters bigint[], out throughs bigint[]
)
language sql immutable parallel safe
return (
    select row(array_agg(s.room order by s.room), array_agg(s.first - 1 order by s.room),
               array_agg(s.last order by s.room))
    from (
        select o.room, min(o.seq) as first, max(o.seq) as last
        from unnest(request_rooms, outcomes, seqs) as o(room, outcome, seq)
        where o.outcome = 'stored' group by o.room
    ) as s);

-- Removes all messages of a room with smaller numbers than `before_seq`, with what was changed in them, and returns how
-- many. The room is locked until the caller's transaction ends; others are not.
create function prune(room integer, before_seq bigint) returns bigint
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    start_seq bigint;
    removed bigint;
begin
    if room is null or before_seq is null then
        raise exception 'prune: room and before_seq must not be null' using errcode = '22023';
    end if;
    update rooms r set first_seq = greatest(r.first_seq, least(before_seq, r.last_seq + 1))
        where r.room = prune.room returning r.first_seq into start_seq;
    delete from reactions r where r.room = prune.room and r.target < start_seq;
    delete from reaction_totals k where k.room = prune.room and k.target < start_seq;
    delete from changes c where c.room = prune.room and (c.seq < start_seq or c.target < start_seq);
    delete from log l where l.room = prune.room and l.seq < start_seq;
    get diagnostics removed = row_count;
    return removed;
end
$$;

comment on function prune(integer, bigint) is 'Removes the messages of a room with smaller numbers; returns how many.';

-- Processes that a rolling restart replaces take no changes out of the inbox.
do $$
declare
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.oid in ('drain_inbox(integer)'::regprocedure, 'drain_inbox(integer, bigint)'::regprocedure)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            replace(function.prosrc, 'limit rows_max', 'limit messages_first(rows_max)'));
    end loop;
end
$$;
