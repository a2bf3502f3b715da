-- Reading a room.

-- The state of a room and its newest messages, as of one moment; the room's row is made on first use.
-- At least one row; the message columns are null in the only row of a room of which no message is wanted or there.
create function open_room(wanted integer, recent_max integer)
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
        select epoch_now, r.last_seq, r.first_seq, m.seq, m."time", m."user", m.message, m.client_id
        from rooms r
        left join lateral (
            select l.seq, l."time", l."user", l.message, l.client_id from log l
            where l.room = r.room order by l.seq desc limit recent_max
        ) as m on true
        where r.room = wanted
        order by m.seq;
end
$$;
