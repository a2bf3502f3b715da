-- Speaking into a room from SQL, bounded: what one call says, and what one transaction of the server stores.
--
-- drain_inbox(integer) and store_inbox() stay for processes of version 0.1, which may call them during a rolling restart.

-- Says `message` in `room`: shown if and only if the caller's transaction commits, in order within it.
-- `message_time` null means the time at which the server stores it.
create or replace function new_message(room integer, message_time timestamptz, message_user text, message text)
returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    message_bytes_max constant integer := 65536;
    user_bytes_max constant integer := 1024;
begin
    if room is null then
        raise exception 'new_message: room must not be null' using errcode = '22023';
    elsif message_user is null or message_user = '' then
        raise exception 'new_message: message_user must not be null or empty' using errcode = '22023';
    elsif message is null or message = '' then
        raise exception 'new_message: message must not be null or empty' using errcode = '22023';
    elsif not isfinite(message_time) then
        raise exception 'new_message: message_time must be finite' using errcode = '22023';
    elsif octet_length(message) > message_bytes_max then
        raise exception 'new_message: message has % bytes, more than the limit of %',
            octet_length(message), message_bytes_max using errcode = '22001', hint = 'Say it in several messages.';
    elsif octet_length(message_user) > user_bytes_max then
        raise exception 'new_message: message_user has % bytes, more than the limit of %',
            octet_length(message_user), user_bytes_max using errcode = '22001';
    end if;
    insert into inbox (room, "time", "user", message) values (room, message_time, message_user, message);
    perform pg_notify('chat', 'inbox');
end
$$;

-- Numbers and stores messages (arrays in their order) under the locks of lock_rooms(); the caller took them out of the
-- inbox. Returns the number before the first one of each room, rooms ascending.
create function store_taken(
    wanted integer[], counts integer[], taken_rooms integer[], times timestamptz[], users text[], texts text[]
) returns bigint[]
language plpgsql as $$
declare
    bases constant bigint[] := take_numbers(wanted, counts);
    stored_at constant timestamptz := clock_timestamp();
begin
    insert into log (room, seq, "time", "user", message)
        select m.room, b.base + m.place, coalesce(m.said_at, stored_at), m.message_user, m.message
        from (
            select t.*, row_number() over (partition by t.room order by t.ordinal) as place
            from unnest(taken_rooms, times, users, texts)
                with ordinality as t(room, said_at, message_user, message, ordinal)
        ) as m
        join unnest(wanted, bases) as b(room, base) on b.room = m.room
        order by m.ordinal;
    -- A deferred trigger that refuses a message must do so here, where it can still be put aside.
    set constraints all immediate;
    return bases;
end
$$;

-- Numbers and stores the oldest messages of the inbox, at most `rows_max` and, beyond the first, `bytes_max` of text.
-- Either all of them are stored, or the call fails: the caller tries fewer. A single message that `log` refuses, for
-- whatever reason, goes to inbox_rejected.
--
-- Returns `taken`, the number of messages taken out of the inbox, in each row, and for each room the rows of `log` from
-- `after_seq` + 1 to `through_seq` as they are; without any the columns from `seq` on are null. One row at least, with
-- a null room if nothing was stored. One process at a time drains; another one that tries meanwhile need not wait, and
-- takes nothing.
create function drain_inbox(rows_max integer, bytes_max bigint)
returns table (
    taken bigint, room integer, after_seq bigint, through_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set enable_seqscan = off as $$
#variable_conflict use_column
declare
    one_drainer constant bigint := hashtextextended('roomcast inbox', 'inbox'::regclass::oid::bigint);
    batch record;
    wanted integer[];
    counts integer[];
    bases bigint[];
begin
    if not pg_try_advisory_xact_lock(one_drainer) then
        return query select 0::bigint, null::integer, null::bigint, null::bigint, null::bigint, null::timestamptz,
                            null::text, null::text;
        return;
    end if;
    with oldest as (
        select i.inbox_id, sum(octet_length(i.message)) over counted as bytes, row_number() over counted as place
        from (select * from inbox order by inbox_id limit rows_max) as i
        window counted as (order by i.inbox_id rows unbounded preceding)
    ), gone as (
        -- By an array, so that it is an index scan: a join might read all that waits.
        delete from inbox i
        where i.inbox_id = any (array(select o.inbox_id from oldest o where o.bytes <= bytes_max or o.place = 1))
        returning i.*
    )
    select count(*) as size, array_agg(g.inbox_id order by g.inbox_id) as ids,
           array_agg(g.room order by g.inbox_id) as rooms, array_agg(g."time" order by g.inbox_id) as times,
           array_agg(g."user" order by g.inbox_id) as users, array_agg(g.message order by g.inbox_id) as texts
        into batch from gone g;

    if batch.size > 0 then
        select array_agg(c.room order by c.room), array_agg(c.n order by c.room) into wanted, counts
            from (select t.room, count(*)::integer as n from unnest(batch.rooms) as t(room) group by t.room) as c;
        -- Waited for here, where running out of time is nobody's fault and rejects no message.
        perform lock_rooms(wanted);
        lock table log in row exclusive mode;
        if batch.size > 1 then
            bases := store_taken(wanted, counts, batch.rooms, batch.times, batch.users, batch.texts);
        else
            begin
                bases := store_taken(wanted, counts, batch.rooms, batch.times, batch.users, batch.texts);
            exception
                -- `others` alone would not match a time-out.
                when query_canceled or assert_failure or others then
                    insert into inbox_rejected (inbox_id, room, "time", "user", message, sqlstate) values (
                        batch.ids[1], batch.rooms[1], batch.times[1], batch.users[1], batch.texts[1], sqlstate);
            end;
        end if;
    end if;

    return query
        select batch.size, s.room, s.base, s.base + s.n,
               l.seq, l."time"::timestamptz, l."user"::text, l.message::text
        from (select) as always
        left join unnest(wanted, bases, counts) as s(room, base, n) on s.base is not null
        left join log l on l.room = s.room and l.seq > s.base and l.seq <= s.base + s.n
        order by s.room, l.seq;
end
$$;
