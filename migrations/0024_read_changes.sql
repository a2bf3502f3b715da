-- Reading messages and changes in one sequence.

-- What only few rows have: of a message that was changed, and of a change. Of such a message, `reaction_emojis`, the
-- oldest first, how many people react with each, and the names of the first min(count, 20) of them in the order of their
-- reactions, for one emoji after the other; of a reaction, the same for its emoji after the change, nulls if nobody is
-- left.
create type log_details as (
    edited_seq bigint, deleted_seq bigint, changed_seq bigint,
    reaction_emojis text[], reaction_counts integer[], reaction_users text[],
    target bigint, emoji text, is_on boolean, supersedes bigint
);

-- Adds the reactions to a message.
create function with_reactions(details log_details, wanted integer, message_seq bigint) returns log_details
language plpgsql stable as $$
begin
    select array_agg(k.emoji order by k.first_seq), array_agg(k.people order by k.first_seq)
        into details.reaction_emojis, details.reaction_counts
        from reaction_totals k where k.room = wanted and k.target = message_seq;
    if details.reaction_emojis is not null then
        details.reaction_users := array(
            select n.name from reaction_totals k, unnest(k.names) with ordinality as n(name, place)
            where k.room = wanted and k.target = message_seq order by k.first_seq, n.place);
    end if;
    return details;
end
$$;

-- All messages in their current state, `kind` null, and all changes, with the text of an edit. The planner replaces a call
-- by the body; it finds rows by the two indexes on (room, seq), in their order, because the body has no condition of its
-- own. Columns are cast because the embedding application may have given them other types.
create function log_rows()
returns table (
    in_room integer, is_change boolean, is_deleted boolean,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language sql stable as $$
    select l.room, false, l.deleted_seq is not null, l.seq, l."time"::timestamptz, l."user"::text, l.message::text,
           l.client_id::text, l.user_id::text, l.reply_to::bigint, null::text,
           case when l.changed_seq is not null then with_reactions(
               row(l.edited_seq, l.deleted_seq, l.changed_seq, null, null, null, null, null, null, null)::log_details,
               l.room, l.seq) end
    from log l
    union all
    select c.room, true, false, c.seq, c."time", c."user", c.message, c.client_id, c.user_id, null, c.kind,
           row(null, null, null, case when c.people > 0 then array[c.emoji] end,
               case when c.people > 0 then array[c.people] end, c.names, c.target, c.emoji, c.is_on,
               c.supersedes)::log_details
    from changes c
$$;

-- The readers below return these columns after their own. `kind` 'target': the current row of a message that a change in
-- the answer concerns.

-- The state of a room and its newest rows, messages and changes, as of one moment; the room's row is made on first use.
-- At least one row; the columns from seq on are null in the only row of a room of which none is wanted or there.
create function open_log(wanted integer, recent_max integer)
returns table (
    epoch text, last_seq bigint, first_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    epoch_now constant text := current_epoch();
begin
    if not exists (select from rooms r where r.room = wanted) then
        insert into rooms (room) values (wanted) on conflict do nothing;
    end if;
    -- One statement, so one snapshot: the newest row is the one that last_seq tells.
    return query
        select epoch_now, r.last_seq, span_start(r.first_seq, r.last_seq), e.seq, e."time", e."user", e.message,
               e.client_id, e.user_id, e.reply_to, e.kind, e.details
        from rooms r
        left join lateral (
            select * from log_rows() as e
            where e.in_room = r.room and e.seq between r.first_seq and r.last_seq
                and (not e.is_change or r.last_change >= r.first_seq)
            order by e.seq desc limit recent_max
        ) as e on true
        where r.room = wanted
        order by e.seq;
end
$$;

-- What rooms have beyond the numbers `known_last`, for those whose span is not (known_first, known_last) any more; as of
-- one moment. At most `limit_each` rows a room and, beyond the first, `bytes_max` of text in all, that of a change's
-- target included; seq and message are null in the only row of a room none of whose rows fit or are left. `through` is
-- how far the rows of the room reach: to last_seq, unless a limit cut them off. `wanted` ascending; a room without a row
-- is an empty one. The targets of a room's changes follow its other rows, each once.
create function log_news(
    wanted integer[], known_first bigint[], known_last bigint[], limit_each integer, bytes_max bigint
)
returns table (
    room integer, last_seq bigint, first_seq bigint, through bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select w.room, w.known_last, w.first_seq, w.last_seq, e.*,
                   sum(case when e.is_change then coalesce(octet_length(e.message), 0) + coalesce((
                                select octet_length(t.message::text) from log t
                                where t.room = w.room and t.seq = (e.details).target), 0)
                            else octet_length(e.message) end)
                       over counted <= bytes_max or count(e.seq) over counted = 1 as fits
            from (
                select w.room, w.known_last, w.known_first, coalesce(r.last_seq, 0) as last_seq,
                       coalesce(span_start(r.first_seq, r.last_seq), 1) as first_seq, r.last_change
                from unnest(wanted, known_first, known_last) as w(room, known_first, known_last)
                left join rooms r on r.room = w.room
            ) as w
            left join lateral (
                select * from log_rows() as e
                where e.in_room = w.room and e.seq > w.known_last and e.seq between w.first_seq and w.last_seq
                    and (not e.is_change or w.last_change > w.known_last)
                order by e.seq limit limit_each
            ) as e on true
            where (w.known_first, w.known_last) <> (w.first_seq, w.last_seq)
            window counted as (order by w.room, e.seq rows unbounded preceding)
        ), reached as (
            select f.*,
                   row_number() over (partition by f.room order by f.seq) as place,
                   case when bool_and(f.fits or f.seq is null) over of_room and count(f.seq) over of_room < limit_each
                        then greatest(f.known_last, f.last_seq)
                        else coalesce(max(f.seq) filter (where f.fits) over of_room, f.known_last) end as through
            from found f
            window of_room as (partition by f.room)
        ), shown as (
            select n.room, n.last_seq, n.first_seq, n.through, case when n.fits then n.seq end as seq, n."time",
                   n."user", case when n.fits then n.message end as message, n.client_id, n.user_id, n.reply_to,
                   n.kind, n.details
            from reached n
            -- of a room whose rows do not fit one row is enough
            where n.fits and n.seq is not null or n.place = 1
        )
        select n.* from (
            select s.* from shown s
            union all
            select t.room, t.last_seq, t.first_seq, t.through, l.seq, l."time", l."user", l.message, l.client_id,
                   l.user_id, l.reply_to, 'target', l.details
            from (
                select distinct s.room, s.last_seq, s.first_seq, s.through, (s.details).target from shown s
                where s.kind is not null and s.seq is not null
            ) as t
            join log_rows() as l on l.in_room = t.room and l.seq = t.target and not l.is_change
        ) as n
        order by n.room, n.kind is not distinct from 'target', n.seq;
end
$$;

-- What a room has in after_seq + 1 … through_seq: the oldest rows, at most `limit_rows` and, beyond the first,
-- `bytes_max` of text, without targets. `through` is how far they reach: to through_seq, or less if a limit cut them off
-- or the room is not there yet. One row at least, unless the room has no row; without a seq it is none of the log's.
create function log_page(
    wanted integer, after_seq bigint, through_seq bigint, limit_rows integer, bytes_max bigint
)
returns table (
    last_seq bigint, first_seq bigint, through bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq, e.*,
                   sum(octet_length(e.message)) over counted <= bytes_max or count(e.seq) over counted = 1 as fits
            from rooms r
            left join lateral (
                select * from log_rows() as e
                where e.in_room = r.room and e.seq > after_seq and e.seq <= through_seq
                    and e.seq between r.first_seq and r.last_seq
                    and (not e.is_change or r.last_change > after_seq)
                order by e.seq limit limit_rows
            ) as e on true
            where r.room = wanted
            window counted as (order by e.seq rows unbounded preceding)
        ), reached as (
            select f.*,
                   case when bool_and(f.fits or f.seq is null) over () and count(f.seq) over () < limit_rows
                        then greatest(after_seq, least(through_seq, f.last_seq))
                        else coalesce(max(f.seq) filter (where f.fits) over (), after_seq) end as through
            from found f
        )
        select n.last_seq, n.first_seq, n.through, n.seq, n."time", n."user", n.message, n.client_id, n.user_id,
               n.reply_to, n.kind, n.details
        from reached n
        where n.fits or n.seq is null
        order by n.seq;
end
$$;

-- The newest messages of a room before a number, at most `limit_rows` and, beyond the first, `bytes_max` of text, and
-- whether there are older ones; deleted messages only with `with_deleted`. One row at least, unless the room has no row;
-- without messages the columns from seq on are null.
create function log_history(
    wanted integer, before_seq bigint, limit_rows integer, bytes_max bigint, with_deleted boolean
)
returns table (
    last_seq bigint, first_seq bigint, more boolean,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq, e.*,
                   row_number() over counted <= limit_rows and (
                       sum(octet_length(e.message)) over counted <= bytes_max
                       or row_number() over counted = 1) as fits
            from rooms r
            left join lateral (
                -- One more than wanted: it tells that there are older ones.
                select * from log_rows() as e
                where e.in_room = r.room and not e.is_change and e.seq < before_seq
                    and e.seq between r.first_seq and r.last_seq and (with_deleted or not e.is_deleted)
                order by e.seq desc limit limit_rows::bigint + 1
            ) as e on true
            where r.room = wanted
            window counted as (order by e.seq desc rows unbounded preceding)
        ), judged as (
            select f.*, bool_or(f.seq is not null and not f.fits) over () as more from found f
        )
        select j.last_seq, j.first_seq, j.more, j.seq, j."time", j."user", j.message, j.client_id, j.user_id,
               j.reply_to, j.kind, j.details
        from judged j
        where j.fits or j.seq is null
        order by j.seq;
end
$$;

-- The number of the oldest of the `newest` newest messages of a room, null if it has fewer; without `with_deleted`, of
-- those that are not deleted. That takes no more than reading an index if nothing was changed since; else at most 10,000
-- rows more than wanted are read, and if these are not enough, the answer is the oldest of them.
create function newest_span(wanted integer, newest integer, with_deleted boolean)
returns table (last_seq bigint, first_seq bigint, seq bigint)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
declare
    skipped_max constant bigint := 10000;
    newest_min_1 constant bigint := greatest(newest, 1);
begin
    return query
        select r.last_seq, span_start(r.first_seq, r.last_seq),
               case when with_deleted or r.last_change <= plain.seq then plain.seq
                    when plain.seq is not null then (
                        select d.seq
                        from (
                            select l.seq, l.deleted_seq, row_number() over read as place,
                                   count(*) filter (where l.deleted_seq is null) over read as kept
                            from log l
                            where l.room = r.room and l.seq between r.first_seq and r.last_seq
                            window read as (order by l.seq desc rows unbounded preceding)
                        ) as d
                        where d.kept = newest_min_1 or d.place = newest_min_1 + skipped_max
                        order by d.seq desc limit 1) end
        from rooms r
        left join lateral (
            select l.seq from log l where l.room = r.room and l.seq between r.first_seq and r.last_seq
            order by l.seq desc offset newest_min_1 - 1 limit 1
        ) as plain on true
        where r.room = wanted;
end
$$;

-- Messages and changes of rooms in after_seq + 1 … through_seq for each, and the targets of the changes after them. One
-- row at least for each room; without rows of its own, its columns from seq on are null.
create function log_runs(wanted integer[], afters bigint[], throughs bigint[])
returns table (
    room integer, after_seq bigint, through_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select w.room, w.after_seq, w.through_seq, e.seq, e."time", e."user", e.message, e.client_id, e.user_id,
                   e.reply_to, e.kind, e.details
            from unnest(wanted, afters, throughs) as w(room, after_seq, through_seq)
            join rooms r on r.room = w.room
            left join lateral (
                select * from log_rows() as e
                where e.in_room = w.room and e.seq > w.after_seq and e.seq <= w.through_seq
                    and (not e.is_change or r.last_change > w.after_seq)
            ) as e on true
        )
        select n.* from (
            select f.* from found f
            union all
            select t.room, t.after_seq, t.through_seq, l.seq, l."time", l."user", l.message, l.client_id, l.user_id,
                   l.reply_to, 'target', l.details
            from (
                select distinct f.room, f.after_seq, f.through_seq, (f.details).target from found f
                where f.kind is not null
            ) as t
            join log_rows() as l on l.in_room = t.room and l.seq = t.target and not l.is_change
        ) as n
        order by n.room, n.kind is not distinct from 'target', n.seq;
end
$$;

-- As in 0021: functions that are called for each batch or row name the schema of their objects.
do $$
declare
    objects constant text := '\m(log|changes|reaction_totals|with_reactions|log_details)\M';
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.oid in (
            'with_reactions(log_details, integer, bigint)'::regprocedure,
            'log_rows()'::regprocedure)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            regexp_replace(function.prosrc, objects, format('%I.\1', current_schema()), 'g'));
    end loop;
end
$$;
