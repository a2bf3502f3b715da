-- Telling other processes that there are new messages.

-- Called after messages have been committed, in a transaction of its own: a transaction with NOTIFY holds a lock on
-- the whole database while it commits, and this one does not wait for the disk meanwhile. What it tells is a hint:
-- losing it in a crash loses no message.
create function ring_doorbell(payloads text[]) returns void
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify('chat', p.payload) from unnest(payloads) as p(payload);
end
$$;

-- What rooms have beyond the numbers `known`, for those whose newest message is another one; as of one moment.
-- At most `limit_each` messages a room and, beyond the first, `bytes_max` of text in all; the message columns are null
-- in the only row of a room none of whose messages fit or are left. `wanted` ascending.
create function room_news(wanted integer[], known bigint[], limit_each integer, bytes_max bigint)
returns table (
    room integer, last_seq bigint, first_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text
)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        select n.room, n.last_seq, n.first_seq, n.seq,
               case when n.seq is not null then n."time" end, case when n.seq is not null then n."user" end,
               case when n.seq is not null then n.message end, case when n.seq is not null then n.client_id end
        from (
            select r.room, r.last_seq, r.first_seq, m.place, m."time", m."user", m.message, m.client_id,
                   case when sum(octet_length(m.message)) over counted <= bytes_max
                          or count(m.seq) over counted = 1 then m.seq end as seq
            from unnest(wanted, known) as w(room, seq)
            join rooms r on r.room = w.room and r.last_seq <> w.seq
            left join lateral (
                select l.*, row_number() over (order by l.seq) as place from log l
                where l.room = r.room and l.seq > w.seq order by l.seq limit limit_each
            ) as m on true
            window counted as (order by r.room, m.seq rows unbounded preceding)
        ) as n
        -- of a room whose messages do not fit one row is enough
        where n.seq is not null or coalesce(n.place, 1) = 1
        order by n.room, n.seq;
end
$$;

-- The oldest messages of a room after a number, at most `limit_rows` and, beyond the first, `bytes_max` of text.
create function messages_after(wanted integer, after_seq bigint, through_seq bigint, limit_rows integer, bytes_max bigint)
returns table (seq bigint, "time" timestamptz, "user" text, message text, client_id text)
language plpgsql stable as $$
#variable_conflict use_column
begin
    return query
        select m.seq, m."time", m."user", m.message, m.client_id
        from (
            select l.*, sum(octet_length(l.message)) over counted as bytes, row_number() over counted as place
            from (
                select * from log l where l.room = wanted and l.seq > after_seq and l.seq <= through_seq
                order by l.seq limit limit_rows
            ) as l
            window counted as (order by l.seq rows unbounded preceding)
        ) as m
        where m.bytes <= bytes_max or m.place = 1
        order by m.seq;
end
$$;
