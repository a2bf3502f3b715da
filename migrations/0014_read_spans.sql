-- Reading rooms whose logs have holes. A number without a row is a fact, so each answer says how far it reaches.
--
-- Numbers outside of the room's span (first_seq to last_seq) are never read. open_room(), room_news(integer[], bigint[],
-- integer, bigint) and messages_after() stay for processes of version 0.1, which may call them during a rolling restart.
-- Columns are cast because the embedding application may have given them other types.

-- The oldest number that the log of a room may hold, from its row: at most last_seq + 1, computed without overflow.
create function span_start(first_seq bigint, last_seq bigint) returns bigint
language sql immutable strict parallel safe
return least(greatest(first_seq, 1) - 1, last_seq) + 1;

-- The state of a room and its newest messages, as of one moment; the room's row is made on first use.
-- At least one row; the message columns are null in the only row of a room of which no message is wanted or there.
create function read_room(wanted integer, recent_max integer)
returns table (
    epoch text, last_seq bigint, first_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text
)
language plpgsql as $$
#variable_conflict use_column
declare
    epoch_now constant text := current_epoch();
begin
    if not exists (select from rooms r where r.room = wanted) then
        insert into rooms (room) values (wanted) on conflict do nothing;
    end if;
    -- One statement, so one snapshot: the newest message is the one that last_seq tells.
    return query
        select epoch_now, r.last_seq, span_start(r.first_seq, r.last_seq),
               m.seq, m."time"::timestamptz, m."user"::text, m.message::text, m.client_id::text
        from rooms r
        left join lateral (
            select l.* from log l
            where l.room = r.room and l.seq between r.first_seq and r.last_seq order by l.seq desc limit recent_max
        ) as m on true
        where r.room = wanted
        order by m.seq;
end
$$;

-- What rooms have beyond the numbers `known_last`, for those whose span is not (known_first, known_last) any more; as of
-- one moment. At most `limit_each` messages a room and, beyond the first, `bytes_max` of text in all; the message
-- columns are null in the only row of a room none of whose messages fit or are left. `through` is how far the messages
-- of the room reach: to last_seq, unless a limit cut them off. `wanted` ascending; a room without a row is an empty one.
create function room_news(
    wanted integer[], known_first bigint[], known_last bigint[], limit_each integer, bytes_max bigint
)
returns table (
    room integer, last_seq bigint, first_seq bigint, through bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text
)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select w.room, w.known_last, w.first_seq, w.last_seq,
                   m.seq, m."time", m."user", m.message, m.client_id,
                   sum(octet_length(m.message::text)) over counted <= bytes_max or count(m.seq) over counted = 1 as fits
            from (
                select w.room, w.known_last, w.known_first, coalesce(r.last_seq, 0) as last_seq,
                       coalesce(span_start(r.first_seq, r.last_seq), 1) as first_seq
                from unnest(wanted, known_first, known_last) as w(room, known_first, known_last)
                left join rooms r on r.room = w.room
            ) as w
            left join lateral (
                select l.* from log l
                where l.room = w.room and l.seq > w.known_last and l.seq between w.first_seq and w.last_seq
                order by l.seq limit limit_each
            ) as m on true
            where (w.known_first, w.known_last) <> (w.first_seq, w.last_seq)
            window counted as (order by w.room, m.seq rows unbounded preceding)
        ), reached as (
            select f.*,
                   row_number() over (partition by f.room order by f.seq) as place,
                   case when bool_and(f.fits or f.seq is null) over of_room and count(f.seq) over of_room < limit_each
                        then greatest(f.known_last, f.last_seq)
                        else coalesce(max(f.seq) filter (where f.fits) over of_room, f.known_last) end as through
            from found f
            window of_room as (partition by f.room)
        )
        select n.room, n.last_seq, n.first_seq, n.through, case when n.fits then n.seq end,
               case when n.fits then n."time"::timestamptz end, case when n.fits then n."user"::text end,
               case when n.fits then n.message::text end, case when n.fits then n.client_id::text end
        from reached n
        -- of a room whose messages do not fit one row is enough
        where n.fits and n.seq is not null or n.place = 1
        order by n.room, n.seq;
end
$$;

-- What a room has in after_seq + 1 … through_seq: the oldest messages, at most `limit_rows` and, beyond the first,
-- `bytes_max` of text. `through` is how far they reach: to through_seq, or less if a limit cut them off or the room is
-- not there yet. One row at least, unless the room has no row; without messages their columns are null.
create function read_messages(
    wanted integer, after_seq bigint, through_seq bigint, limit_rows integer, bytes_max bigint
)
returns table (
    last_seq bigint, first_seq bigint, through bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text
)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq,
                   m.seq, m."time", m."user", m.message, m.client_id,
                   sum(octet_length(m.message::text)) over counted <= bytes_max or count(m.seq) over counted = 1 as fits
            from rooms r
            left join lateral (
                select l.* from log l
                where l.room = r.room and l.seq > after_seq and l.seq <= through_seq
                    and l.seq between r.first_seq and r.last_seq
                order by l.seq limit limit_rows
            ) as m on true
            where r.room = wanted
            window counted as (order by m.seq rows unbounded preceding)
        ), reached as (
            select f.*,
                   case when bool_and(f.fits or f.seq is null) over () and count(f.seq) over () < limit_rows
                        then greatest(after_seq, least(through_seq, f.last_seq))
                        else coalesce(max(f.seq) filter (where f.fits) over (), after_seq) end as through
            from found f
        )
        select n.last_seq, n.first_seq, n.through, n.seq, n."time"::timestamptz, n."user"::text, n.message::text,
               n.client_id::text
        from reached n
        where n.fits or n.seq is null
        order by n.seq;
end
$$;

-- The newest messages of a room before a number, at most `limit_rows` and, beyond the first, `bytes_max` of text, and
-- whether there are older ones. One row at least, unless the room has no row; without messages their columns are null.
create function read_history(wanted integer, before_seq bigint, limit_rows integer, bytes_max bigint)
returns table (
    last_seq bigint, first_seq bigint, more boolean,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text
)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq,
                   m.seq, m."time", m."user", m.message, m.client_id,
                   row_number() over counted <= limit_rows and (
                       sum(octet_length(m.message::text)) over counted <= bytes_max
                       or row_number() over counted = 1) as fits
            from rooms r
            left join lateral (
                -- One more than wanted: it tells that there are older ones.
                select l.* from log l
                where l.room = r.room and l.seq < before_seq and l.seq between r.first_seq and r.last_seq
                order by l.seq desc limit limit_rows::bigint + 1
            ) as m on true
            where r.room = wanted
            window counted as (order by m.seq desc rows unbounded preceding)
        ), judged as (
            select f.*, bool_or(f.seq is not null and not f.fits) over () as more from found f
        )
        select j.last_seq, j.first_seq, j.more, j.seq, j."time"::timestamptz, j."user"::text, j.message::text,
               j.client_id::text
        from judged j
        where j.fits or j.seq is null
        order by j.seq;
end
$$;

-- The number of the oldest of the `newest` newest messages of a room, null if it has fewer; by the index alone.
create function oldest_of_newest(wanted integer, newest integer)
returns table (last_seq bigint, first_seq bigint, seq bigint)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        select r.last_seq, span_start(r.first_seq, r.last_seq), (
            select l.seq from log l where l.room = r.room and l.seq between r.first_seq and r.last_seq
            order by l.seq desc offset greatest(newest, 1) - 1 limit 1)
        from rooms r where r.room = wanted;
end
$$;
