-- Takes over the rows of nodejschat 0.1.0 that 0001 set aside. Its tables stay as `nodejschat_sessions` and
-- `nodejschat_log`: nothing reads them any more, and they may be dropped once the upgrade has been looked at.

do $$
declare
    here text := current_schema();
    time_type text;
    said_at text;
    last_id bigint;
begin
    if to_regclass(format('%I.nodejschat_sessions', here)) is not null then
        -- A key that is null let nobody in. Of rows with the same key the last written one counts.
        insert into sessions (session_key, user_name, chat_room)
            select distinct on (s.key) s.key::text, coalesce(s."user"::text, ''), coalesce(s.room::integer, 0)
            from nodejschat_sessions s
            where s.key is not null
            order by s.key, s.ctid desc
            on conflict do nothing;
    end if;

    if to_regclass(format('%I.nodejschat_log', here)) is not null then
        select c.data_type into time_type from information_schema.columns c
            where c.table_schema = here and c.table_name = 'nodejschat_log' and c.column_name = 'time';
        -- A time without zone is taken as UTC, which is how nodejschat's clients showed it.
        said_at := case when time_type = 'timestamp with time zone' then 'o."time"'
                        else 'o."time"::timestamp at time zone ''UTC''' end;
        execute format($copy$
            insert into log (message_id, room, seq, "time", "user", message)
                select o.message_id, o.room, row_number() over (partition by o.room order by o.message_id),
                       o.said_at, o."user", o.message
                from (
                    select case when o.copy = 1 and o.message_id is not null then o.message_id::bigint
                                else o.id_max + row_number() over (order by o.message_id, o.copy) end as message_id,
                           coalesce(o.room::integer, 0) as room, coalesce(%s, 'epoch'::timestamptz) as said_at,
                           coalesce(o."user"::text, '') as "user", coalesce(o.message::text, '') as message
                    from (
                        -- A table whose ids were not unique loses no row: repeats get ids after the last.
                        select *, row_number() over (partition by o.message_id) as copy,
                               coalesce(max(o.message_id::bigint) over (), 0) as id_max
                        from nodejschat_log o
                    ) as o
                ) as o
                order by o.message_id
            $copy$, said_at);
        insert into rooms (room, last_seq)
            select l.room, max(l.seq) from log l group by l.room;
        select max(l.message_id) into last_id from log l;
        if last_id is not null then
            perform setval(pg_get_serial_sequence('log', 'message_id'), last_id);
        end if;
    end if;
end
$$;
