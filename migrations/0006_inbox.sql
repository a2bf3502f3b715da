-- Speaking into a room from SQL.

-- What new_message() left and the server has not numbered yet. Unnumbered on purpose: a caller's open transaction
-- then holds no lock that a room needs. The order of ids is the order within one transaction; between transactions
-- it is the server that decides, when it numbers what has been committed.
create table inbox (
    inbox_id bigint generated always as identity primary key,
    room integer not null,
    "time" timestamptz,
    "user" text not null,
    message text not null
);

-- What could not be stored: a trigger or constraint on log refused it. Kept for the operator, and out of the way.
create table inbox_rejected (
    inbox_id bigint primary key,
    room integer not null,
    "time" timestamptz,
    "user" text not null,
    message text not null,
    sqlstate text not null,
    rejected_at timestamptz not null default now()
);

comment on table inbox is 'Messages of new_message() that the server has not numbered yet.';
comment on table inbox_rejected is 'Messages of new_message() that a trigger or constraint of log refused.';

-- Says `message` in `room`: shown if and only if the caller's transaction commits, in order within it.
-- Replaces nodejschat's function of this name, keeping its grants. `message_time` null means the time at which the server stores it.
create or replace function new_message(room integer, message_time timestamptz, message_user text, message text)
returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
begin
    if room is null then
        raise exception 'new_message: room must not be null' using errcode = '22023';
    elsif message_user is null or message_user = '' then
        raise exception 'new_message: message_user must not be null or empty' using errcode = '22023';
    elsif message is null or message = '' then
        raise exception 'new_message: message must not be null or empty' using errcode = '22023';
    elsif not isfinite(message_time) then
        raise exception 'new_message: message_time must be finite' using errcode = '22023';
    end if;
    insert into inbox (room, "time", "user", message) values (room, message_time, message_user, message);
    perform pg_notify('chat', 'inbox');
end
$$;

comment on function new_message(integer, timestamptz, text, text) is
    'Says a message in a room: shown if and only if the transaction commits.';

-- Numbers and stores messages (arrays in their order) and returns them; the caller took them out of the inbox.
create function store_inbox(taken_rooms integer[], times timestamptz[], users text[], texts text[])
returns table (room integer, seq bigint, "time" timestamptz, "user" text, message text)
language plpgsql as $$
#variable_conflict use_column
declare
    distinct_rooms integer[];
    counts integer[];
    stored_at timestamptz;
begin
    select array_agg(c.room order by c.room), array_agg(c.n order by c.room) into distinct_rooms, counts
        from (select t.room, count(*)::integer as n from unnest(taken_rooms) as t(room) group by t.room) as c;
    perform lock_rooms(distinct_rooms);
    perform take_numbers(distinct_rooms, counts);
    stored_at := clock_timestamp();
    return query
        insert into log as l (room, seq, "time", "user", message)
        select m.room, r.last_seq - m.later, coalesce(m.said_at, stored_at), m.message_user, m.message
        from (
            select t.*, count(*) over (partition by t.room) - row_number() over (partition by t.room order by t.ordinal)
                as later
            from unnest(taken_rooms, times, users, texts)
                with ordinality as t(room, said_at, message_user, message, ordinal)
        ) as m join rooms r on r.room = m.room
        order by m.ordinal
        returning l.room, l.seq, l."time", l."user", l.message;
    -- A deferred trigger that refuses a message must do so here, where the others can still be saved.
    set constraints all immediate;
end
$$;

-- Numbers and stores at most `rows_max` messages of the inbox, oldest first, and returns them in that order.
-- One process at a time drains; another one that tries meanwhile gets nothing and need not wait. A message that
-- `log` refuses goes to inbox_rejected and takes none of its neighbours with it.
create function drain_inbox(rows_max integer)
returns table (room integer, seq bigint, "time" timestamptz, "user" text, message text)
language plpgsql as $$
#variable_conflict use_column
declare
    one_drainer constant bigint := hashtextextended('roomcast inbox', 'inbox'::regclass::oid::bigint);
    taken record;
    one record;
begin
    if not pg_try_advisory_xact_lock(one_drainer) then
        return;
    end if;
    with gone as (
        delete from inbox where inbox_id in (select i.inbox_id from inbox i order by i.inbox_id limit rows_max)
        returning *
    )
    select array_agg(inbox_id order by inbox_id) as ids, array_agg(room order by inbox_id) as rooms,
           array_agg("time" order by inbox_id) as times, array_agg("user" order by inbox_id) as users,
           array_agg(message order by inbox_id) as texts
        into taken from gone;
    if taken.ids is null then
        return;
    end if;

    begin
        return query select * from store_inbox(taken.rooms, taken.times, taken.users, taken.texts);
        return;
    exception
        -- Not a refusal: the whole drain is tried again later.
        when transaction_rollback or operator_intervention or insufficient_resources then raise;
        when others then null; -- one of them was refused: find it by storing each alone
    end;

    for one in
        select * from unnest(taken.ids, taken.rooms, taken.times, taken.users, taken.texts)
            as t(inbox_id, room, said_at, message_user, message)
    loop
        begin
            return query select * from store_inbox(
                array[one.room], array[one.said_at], array[one.message_user], array[one.message]);
        exception
            when transaction_rollback or operator_intervention or insufficient_resources then raise;
            when others then
                insert into inbox_rejected (inbox_id, room, "time", "user", message, sqlstate)
                    values (one.inbox_id, one.room, one.said_at, one.message_user, one.message, sqlstate);
        end;
    end loop;
end
$$;
