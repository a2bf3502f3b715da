-- Who somebody is: an id of the application's, or the name.

alter table sessions add column user_id text;
alter table log add column user_id text;

comment on column sessions.user_id is 'Who the session is for, in the application''s own terms; null: the name is the identity.';
comment on column log.user_id is 'The user_id of the sender''s session.';

drop trigger announce_updated on sessions;

-- Only for what a live connection needs at once: servers look at the row again before they end a session that expires.
create trigger announce_updated after update on sessions for each row
    when (old.session_key <> new.session_key or old.user_name <> new.user_name or old.chat_room <> new.chat_room
          or old.role <> new.role or old.id_name is distinct from new.id_name
          or old.user_id is distinct from new.user_id
          or coalesce(new.expires_at, 'infinity') < coalesce(old.expires_at, 'infinity'))
    execute function announce_changed_session();

-- As client_id_hash(), for a sender with a user_id: the sign keeps it apart from a name of the same text.
create function user_id_hash(room integer, user_id text, client_id text) returns bigint
language sql stable strict parallel safe
return ('x' || encode(substr(sha256(convert_to(
    room::text || ':@' || octet_length(user_id)::text || ':' || user_id || client_id, 'UTF8')), 1, 8), 'hex')
    )::bit(64)::bigint;

-- The hashes of a batch's ids in order, null for a message without one.
create function hash_ids(
    batch_rooms integer[], message_groups integer[], users text[], identities text[], user_ids text[], client_ids text[]
) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select coalesce(user_id_hash(batch_rooms[m.grp], m.user_id, m.client_id),
                        client_id_hash(batch_rooms[m.grp], coalesce(m.identity, m.message_user), m.client_id))
        from unnest(message_groups, users, identities, user_ids, client_ids)
            with ordinality as m(grp, message_user, identity, user_id, client_id, ordinal)
        order by m.ordinal);
end
$$;

-- Whether a row of `log` is certainly what was inserted: a plain table with our types of columns, and nothing enabled
-- on it, or on `rooms`, that could change or drop a row. False for everything else, known or unknown.
create or replace function log_stores_what_is_sent() returns boolean
language plpgsql stable as $$
begin
    return coalesce((
        select c.relkind = 'r' and not (c.relhasrules or c.relrowsecurity or c.relhassubclass or c.relispartition)
               and not exists (
                   select from pg_trigger t
                   where t.tgrelid in (c.oid, 'rooms'::regclass) and not t.tgisinternal and t.tgenabled <> 'D')
               and 6 = (
                   select count(*) from pg_attribute a
                   where a.attrelid = c.oid and a.atttypmod = -1 and (a.attname, a.atttypid) in (
                       ('room', 'integer'::regtype), ('seq', 'bigint'::regtype),
                       ('time', 'timestamptz'::regtype), ('user', 'text'::regtype), ('message', 'text'::regtype),
                       ('user_id', 'text'::regtype)))
        from pg_class c where c.oid = 'log'::regclass), false);
end
$$;

-- Compares what was sent, where `places` is not null, with the rows as they are now. Ordinals count from 0.
-- A plan that was made while the table was small must not read all of it later: hence the setting and the offset.
create function find_differences(
    batch_rooms integer[], bases bigint[], sent_at timestamptz,
    message_groups integer[], places integer[], users text[], texts text[],
    user_ids text[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[], out changed_user_ids text[]
)
language plpgsql set enable_seqscan = off as $$
begin
    select array_agg(d.ordinal order by d.ordinal) filter (where d.seq is not null),
           array_agg(d."time" order by d.ordinal) filter (where d.seq is not null),
           array_agg(d."user" order by d.ordinal) filter (where d.seq is not null),
           array_agg(d.message order by d.ordinal) filter (where d.seq is not null),
           array_agg(d.ordinal order by d.ordinal) filter (where d.seq is null),
           array_agg(d.user_id order by d.ordinal) filter (where d.seq is not null)
        into changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals, changed_user_ids
        from (
            select (m.ordinal - 1)::integer as ordinal, l.seq, l."user"::text, l.message::text,
                   l.user_id::text as user_id,
                   coalesce(l."time"::timestamptz, 'epoch') as "time"
            from unnest(message_groups, places, users, texts, user_ids)
                with ordinality as m(grp, place, message_user, message, user_id, ordinal)
            left join lateral (
                select * from log where room = batch_rooms[m.grp] and seq = bases[m.grp] + m.place offset 0
            ) as l on true
            where m.place is not null and (
                l.seq is null or l."time"::timestamptz is distinct from sent_at
                or l."user"::text collate "C" is distinct from m.message_user
                or l.message::text collate "C" is distinct from m.message
                or l.user_id::text collate "C" is distinct from m.user_id)
        ) as d;
end
$$;

-- Stores a batch and returns its receipt; one row, of nulls if the writer is not known.
--
-- `number` larger than that of every earlier batch of the writer; the same number again returns the receipt again.
-- `batch_rooms` ascending and distinct, `counts` the messages of each. For each message: `message_groups` the index
-- (from 1) of its room in `batch_rooms`, ascending; `message_places` its place (from 1) among the messages of its room;
-- `identities` what its id belongs to, null for the user. `client_ids` and `user_ids` null if no message has one.
--
-- Duplicates are the messages that had been stored before under the same id. Of the others, those whose rows are not
-- what was sent: changed by a trigger, rule or type of column of the embedding application, or dropped by it.
create function store_batch(
    writer uuid, number bigint, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], identities text[], texts text[], client_ids text[],
    user_ids text[],
    out stored_number bigint, out stored_at timestamptz, out bases bigint[],
    out duplicate_ordinals integer[], out duplicate_seqs bigint[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[], out changed_user_ids text[]
)
language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    places integer[] := message_places;
    hashes bigint[];
    repeats record;
    inserted bigint;
    compares boolean := true;
begin
    select w.number, w.stored_at, w.bases, w.duplicate_ordinals, w.duplicate_seqs
        into stored_number, stored_at, bases, duplicate_ordinals, duplicate_seqs
        from log_writers w where w.writer = store_batch.writer for update;
    if not found then
        return;
    elsif number < stored_number or number = stored_number and stored_at is null then
        raise exception 'store_batch: batch % of this writer was given up', number using errcode = '55000';
    elsif number = stored_number then
        places := array(
            select case when d.ordinal is null
                        then count(*) filter (where d.ordinal is null) over (partition by m.grp order by m.ordinal) end
            from unnest(message_groups) with ordinality as m(grp, ordinal)
            left join unnest(duplicate_ordinals) as d(ordinal) on d.ordinal = m.ordinal - 1
            order by m.ordinal);
    else
        bases := give_numbers(batch_rooms, counts);
        stored_at := clock_timestamp();
        duplicate_ordinals := '{}';
        duplicate_seqs := '{}';
        if client_ids is not null then
            hashes := hash_ids(batch_rooms, message_groups, users, identities, user_ids, client_ids);
            if has_repeats(batch_rooms, message_groups, hashes, client_ids) then
                select * into repeats from find_repeats(batch_rooms, message_groups, hashes, client_ids);
                places := repeats.places;
                -- Numbers that repeats do not need are given back before anybody can see them.
                perform take_numbers(batch_rooms, array(select -n from unnest(repeats.repeat_counts) as n));
                select array_agg((m.ordinal - 1)::integer order by m.ordinal),
                       array_agg(coalesce(
                           m.seq,
                           -- the original is in this batch: it may itself be a repeat of the log
                           repeats.original_seqs[m.first],
                           bases[m.grp] + places[m.first]) order by m.ordinal)
                    into duplicate_ordinals, duplicate_seqs
                    from unnest(message_groups, places, repeats.original_seqs, repeats.original_ordinals)
                        with ordinality as m(grp, place, seq, first, ordinal)
                    where m.place is null;
            end if;
        end if;
        if user_ids is not null then
            insert into log (room, seq, "time", "user", message, client_id, client_hash, user_id)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message, m.client_id,
                       m.hash, m.user_id
                from unnest(message_groups, places, users, texts, client_ids, hashes, user_ids)
                    as m(grp, place, message_user, message, client_id, hash, user_id)
                where m.place is not null;
        elsif client_ids is not null then
            insert into log (room, seq, "time", "user", message, client_id, client_hash)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message, m.client_id,
                       m.hash
                from unnest(message_groups, places, users, texts, client_ids, hashes)
                    as m(grp, place, message_user, message, client_id, hash)
                where m.place is not null;
        else
            insert into log (room, seq, "time", "user", message)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message
                from unnest(message_groups, places, users, texts) as m(grp, place, message_user, message);
        end if;
        get diagnostics inserted = row_count;
        update log_writers w
            set number = store_batch.number, stored_at = store_batch.stored_at, bases = store_batch.bases,
                duplicate_ordinals = store_batch.duplicate_ordinals, duplicate_seqs = store_batch.duplicate_seqs,
                used_at = store_batch.stored_at
            where w.writer = store_batch.writer;
        stored_number := number;
        if inserted = cardinality(places) - cardinality(duplicate_ordinals) and log_stores_what_is_sent() then
            compares := false;
        else
            -- What deferred triggers change is in the rows then; what they refuse is refused here.
            set constraints all immediate;
        end if;
    end if;
    if compares then
        select d.* into changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals, changed_user_ids
            from find_differences(batch_rooms, bases, stored_at, message_groups, places, users, texts, user_ids) as d;
    end if;
end
$$;

-- The form without user_ids, for processes that a rolling restart replaces.
create or replace function store_batch(
    writer uuid, number bigint, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], identities text[], texts text[], client_ids text[],
    out stored_number bigint, out stored_at timestamptz, out bases bigint[],
    out duplicate_ordinals integer[], out duplicate_seqs bigint[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[]
)
language sql set search_path from current as $$
    select s.stored_number, s.stored_at, s.bases, s.duplicate_ordinals, s.duplicate_seqs,
           s.changed_ordinals, s.changed_times, s.changed_users, s.changed_texts, s.dropped_ordinals
    from store_batch(writer, number, batch_rooms, counts, message_groups, message_places, users, identities, texts,
                     client_ids, null) as s
$$;

drop function hash_ids(integer[], integer[], text[], text[], text[]);
drop function find_differences(integer[], bigint[], timestamptz, integer[], integer[], text[], text[]);

-- What reads messages, with their user_id. Processes that a rolling restart replaces ignore the column.
drop function read_room(integer, integer);
drop function room_news(integer[], bigint[], bigint[], integer, bigint);
drop function read_messages(integer, bigint, bigint, integer, bigint);
drop function read_history(integer, bigint, integer, bigint);

-- The state of a room and its newest messages, as of one moment; the room's row is made on first use.
-- At least one row; the message columns are null in the only row of a room of which no message is wanted or there.
create function read_room(wanted integer, recent_max integer)
returns table (
    epoch text, last_seq bigint, first_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text
)
language plpgsql set search_path from current as $$
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
               m.seq, m."time"::timestamptz, m."user"::text, m.message::text, m.client_id::text, m.user_id::text
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
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select w.room, w.known_last, w.first_seq, w.last_seq,
                   m.seq, m."time", m."user", m.message, m.client_id, m.user_id,
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
               case when n.fits then n.message::text end, case when n.fits then n.client_id::text end,
               case when n.fits then n.user_id::text end
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
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq,
                   m.seq, m."time", m."user", m.message, m.client_id, m.user_id,
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
               n.client_id::text, n.user_id::text
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
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text
)
language plpgsql stable set search_path from current as $$
#variable_conflict use_column
begin
    return query
        with found as (
            select r.last_seq, span_start(r.first_seq, r.last_seq) as first_seq,
                   m.seq, m."time", m."user", m.message, m.client_id, m.user_id,
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
               j.client_id::text, j.user_id::text
        from judged j
        where j.fits or j.seq is null
        order by j.seq;
end
$$;
