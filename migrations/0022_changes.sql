-- Changes of earlier messages: each is an event in the room's one sequence of numbers.
--
-- `log` holds messages only, in their current state; `changes` holds the events. What reads messages alone (read_room(),
-- room_news(), read_messages(), read_history(), oldest_of_newest(), drain_inbox()) stays for processes that a rolling
-- restart replaces: to them the numbers of changes are numbers without a row.

-- Without a default, so that no row is written again.
alter table log
    add column reply_to bigint,
    add column edited_seq bigint,
    add column deleted_seq bigint,
    add column changed_seq bigint;

comment on column log.reply_to is 'The number of the message that this one replies to.';
comment on column log.edited_seq is 'The number of the newest edit; null if the text is the first one.';
comment on column log.deleted_seq is 'The number of the deletion; the text is empty then.';
comment on column log.changed_seq is 'The number of the newest change that the row contains.';

alter table rooms add column last_change bigint not null default 0;

comment on column rooms.last_change is 'The number of the newest change in the room, 0 before the first.';

create table changes (
    room integer not null,
    seq bigint not null,
    "time" timestamptz not null,
    "user" text,
    user_id text,
    kind text not null check (kind in ('edited', 'deleted', 'reacted')),
    target bigint not null,
    message text,
    emoji text,
    is_on boolean,
    client_id text,
    client_hash bigint,
    supersedes bigint,
    primary key (room, seq)
);

comment on table changes is 'Every change of a message, in the sequence of its room. Written by the server and by the functions only.';
comment on column changes."user" is 'Who did it; null: SQL without an actor.';
comment on column changes.target is 'The number of the changed message.';
comment on column changes.message is 'The text of an edit; empty after a later edit and after the deletion.';
comment on column changes.client_hash is 'As log.client_hash: ids of messages and changes are of one kind.';
comment on column changes.supersedes is 'The number of the edit whose text this change has removed.';

create index changes_client_hash on changes (client_hash) where client_hash is not null;

-- The reactions of now. A person is its user_id or, without one, its name; it has one row for each message and emoji.
create table reactions (
    room integer not null,
    target bigint not null,
    emoji text not null,
    seq bigint not null,
    "user" text not null,
    user_id text,
    primary key (room, target, emoji, seq)
);

comment on table reactions is 'The reactions of now; written by the server and by the functions only.';
comment on column reactions.seq is 'The number of the change that set it: the order of the reactions.';

alter table log_writers
    add column outcomes text[],
    add column outcome_seqs bigint[];

comment on column log_writers.outcomes is 'What became of each request of the last batch of changes; see store_changes().';

-- As the function of this name in 0019, with reply_to.
create or replace function log_stores_what_is_sent() returns boolean
language plpgsql stable as $$
begin
    return coalesce((
        select c.relkind = 'r' and not (c.relhasrules or c.relrowsecurity or c.relhassubclass or c.relispartition)
               and not exists (
                   select from pg_trigger t
                   where t.tgrelid in (c.oid, 'rooms'::regclass) and not t.tgisinternal and t.tgenabled <> 'D')
               and 7 = (
                   select count(*) from pg_attribute a
                   where a.attrelid = c.oid and a.atttypmod = -1 and (a.attname, a.atttypid) in (
                       ('room', 'integer'::regtype), ('seq', 'bigint'::regtype),
                       ('time', 'timestamptz'::regtype), ('user', 'text'::regtype), ('message', 'text'::regtype),
                       ('user_id', 'text'::regtype), ('reply_to', 'bigint'::regtype)))
        from pg_class c where c.oid = 'log'::regclass), false);
end
$$;

-- ---- Ids of messages and of changes ----

-- Whether a message of the batch has the id of another one or of a change, in the log or in the batch. Runs under the
-- rooms' locks, as a statement of its own: so it sees all that earlier holders of the locks stored. (A plan that was made
-- while the tables were small must not read all of them later: hence the setting.)
create or replace function has_repeats(
    batch_rooms integer[], message_groups integer[], hashes bigint[], client_ids text[]
)
returns boolean
language plpgsql set enable_seqscan = off as $$
begin
    return (select count(distinct h.hash) < count(h.hash) from unnest(hashes) as h(hash)) or exists (
        select from (
            select l.room, l.client_hash, l.client_id from log l where l.client_hash = any (hashes)
            union all
            select c.room, c.client_hash, c.client_id from changes c where c.client_hash = any (hashes)
            offset 0 -- keeps the planner from walking whole rooms by (room, seq) instead of the hash's index
        ) as s
        join unnest(message_groups, hashes, client_ids) as m(grp, hash, client_id)
            on m.hash = s.client_hash and batch_rooms[m.grp] = s.room and m.client_id = s.client_id);
end
$$;

-- As the function of this name in 0013, for ids of changes, too.
create or replace function find_repeats(
    batch_rooms integer[], message_groups integer[], hashes bigint[], client_ids text[],
    out places integer[], out original_seqs bigint[], out original_ordinals integer[], out repeat_counts integer[]
)
language plpgsql set enable_seqscan = off as $$
begin
    with judged as (
        select m.ordinal, m.grp, seq_of_id(batch_rooms[m.grp], m.hash, m.client_id) as seq,
               case when m.client_id is null then m.ordinal
                    else min(m.ordinal) over (partition by m.hash, m.grp, m.client_id) end as first
        from unnest(message_groups, hashes, client_ids) with ordinality as m(grp, hash, client_id, ordinal)
    ), placed as (
        select j.*, j.seq is null and j.first = j.ordinal as kept,
               count(*) filter (where j.seq is null and j.first = j.ordinal)
                   over (partition by j.grp order by j.ordinal) as place
        from judged j
    )
    select array_agg(case when p.kept then p.place end::integer order by p.ordinal),
           array_agg(p.seq order by p.ordinal),
           array_agg(p.first::integer order by p.ordinal)
        into places, original_seqs, original_ordinals
        from placed p;
    repeat_counts := array(
        select (count(*) - count(m.place))::integer from unnest(message_groups, places) as m(grp, place)
        group by m.grp order by m.grp);
end
$$;

-- The number under which an id is stored in a room, for a message or a change; null if it is not.
create function seq_of_id(wanted integer, hash bigint, id text) returns bigint
language plpgsql as $$
begin
    return coalesce(
        (select min(l.seq) from (select * from log where client_hash = hash offset 0) as l
         where l.room = wanted and l.client_id = id),
        (select min(c.seq) from (select * from changes where client_hash = hash offset 0) as c
         where c.room = wanted and c.client_id = id));
end
$$;

-- ---- Messages ----

-- Stores a batch and returns its receipt; one row, of nulls if the writer is not known.
--
-- `number` larger than that of every earlier batch of the writer; the same number again returns the receipt again.
-- `batch_rooms` ascending and distinct, `counts` the messages of each. For each message: `message_groups` the index
-- (from 1) of its room in `batch_rooms`, ascending; `message_places` its place (from 1) among the messages of its room;
-- `identities` what its id belongs to, null for the user. `client_ids`, `user_ids` and `reply_tos` null if no message has
-- one.
--
-- Duplicates are the messages whose id had been stored before, for a message or a change. Of the others, those whose rows
-- are not what was sent: changed by a trigger, rule or type of column of the embedding application, or dropped by it.
create function store_batch(
    writer uuid, number bigint, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], identities text[], texts text[], client_ids text[],
    user_ids text[], reply_tos bigint[],
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
        if reply_tos is not null then
            insert into log (room, seq, "time", "user", message, client_id, client_hash, user_id, reply_to)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message, m.client_id,
                       m.hash, m.user_id, m.reply_to
                from unnest(message_groups, places, users, texts, client_ids, hashes, user_ids, reply_tos)
                    as m(grp, place, message_user, message, client_id, hash, user_id, reply_to)
                where m.place is not null;
        elsif user_ids is not null then
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

-- The form without reply_tos, for processes that a rolling restart replaces.
create or replace function store_batch(
    writer uuid, number bigint, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], identities text[], texts text[], client_ids text[],
    user_ids text[],
    out stored_number bigint, out stored_at timestamptz, out bases bigint[],
    out duplicate_ordinals integer[], out duplicate_seqs bigint[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[], out changed_user_ids text[]
)
language sql set search_path from current as $$
    select * from store_batch(writer, number, batch_rooms, counts, message_groups, message_places, users, identities,
                              texts, client_ids, user_ids, null)
$$;

-- ---- Reading ----

-- What only few rows have: of a message that was changed, and of a change. Of such a message, `reaction_emojis`, the
-- oldest first, how many people reacted with each, and the names of the first min(count, 20) of them in the order of
-- their reactions, for one emoji after the other; of a reaction that was withdrawn, the same for what is left of its
-- emoji now.
create type log_details as (
    edited_seq bigint, deleted_seq bigint, changed_seq bigint,
    reaction_emojis text[], reaction_counts integer[], reaction_users text[],
    target bigint, emoji text, is_on boolean, supersedes bigint
);

-- Adds the reactions to a message, or those with the emoji of a reaction that was withdrawn.
create function with_reactions(details log_details, wanted integer, message_seq bigint) returns log_details
language plpgsql stable as $$
begin
    if details.target is null or not details.is_on then
        select array_agg(p.emoji order by p.first) filter (where p.place = 1),
               array_agg(p.n::integer order by p.first) filter (where p.place = 1),
               array_agg(p."user" order by p.first, p.place) filter (where p.place <= 20)
            into details.reaction_emojis, details.reaction_counts, details.reaction_users
            from (
                select r.emoji, r."user", row_number() over (partition by r.emoji order by r.seq) as place,
                       min(r.seq) over (partition by r.emoji) as first, count(*) over (partition by r.emoji) as n
                from reactions r
                where r.room = wanted and r.target = message_seq
                    and (details.emoji is null or r.emoji = details.emoji)
            ) as p;
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
           with_reactions(
               row(null, null, null, null, null, null, c.target, c.emoji, c.is_on, c.supersedes)::log_details,
               c.room, c.target)
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
-- target included; seq and message are null in the only row of a room none of whose rows fit or are left. `through` is how far the rows of the room reach: to last_seq, unless a limit cut them off. `wanted` ascending; a room
-- without a row is an empty one. The targets of a room's changes follow its other rows, each once.
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

-- ---- Changing ----

-- Locks the rows of rooms, ascending as lock_rooms() does, to the end of the transaction; makes none.
create function lock_rooms_of(requests integer[]) returns void
language plpgsql set search_path from current as $$
begin
    perform from rooms r where r.room = any (requests) order by r.room for update;
end
$$;

-- Writes one change, which may be made, into all tables. The text of an edit is the one that `log` has afterwards.
create function store_change(change changes, previous_edit bigint) returns void
language plpgsql set search_path from current as $$
declare
    stored record;
begin
    update log l
        set message = case change.kind when 'edited' then change.message when 'deleted' then '' else l.message end,
            edited_seq = case change.kind when 'edited' then change.seq else l.edited_seq end,
            deleted_seq = case change.kind when 'deleted' then change.seq end,
            changed_seq = change.seq
        where l.room = change.room and l.seq = change.target
        returning l.message::text into stored;
    if not found then
        raise exception 'the change of message % in room % was dropped by a trigger', change.target, change.room
            using errcode = '27000';
    end if;
    if change.kind = 'reacted' then
        if change.is_on then
            insert into reactions values (
                change.room, change.target, change.emoji, change.seq, change."user", change.user_id);
        else
            delete from reactions r
                where r.room = change.room and r.target = change.target and r.emoji = change.emoji
                    and is_person(r."user", r.user_id, change."user", change.user_id);
        end if;
    else
        change.message := case change.kind when 'edited' then stored.message end;
        change.supersedes := previous_edit;
        update changes c set message = '' where c.room = change.room and c.seq = previous_edit;
        if change.kind = 'deleted' then
            delete from reactions r where r.room = change.room and r.target = change.target;
        end if;
    end if;
    insert into changes select change.*;
end
$$;

-- Whether two sessions are of one person: their user_id is equal, or both have none and the names are equal.
create function is_person(name text, user_id text, other_name text, other_user_id text) returns boolean
language sql immutable parallel safe
return user_id is not distinct from other_user_id and coalesce(user_id is not null or name = other_name, false);

-- Carries out requests in their order and returns what became of each: 'stored', with its number; 'repeated', with the
-- number under which its id is stored; 'unchanged', a reaction that is as wanted; 'not_found', no such message or a
-- deleted one; 'forbidden', neither the author's within the time nor a moderator's. Only what is stored takes a number; the
-- number is 0 for the last three.
--
-- The caller holds the locks of lock_rooms_of(). `edit_windows` are seconds, null for no end; `identities` what ids
-- belong to if it is not the name: the first name of a session that was renamed. `client_ids` null if no request has one.
create function apply_changes(
    request_rooms integer[], kinds text[], targets bigint[], texts text[], emojis text[], are_on boolean[],
    users text[], user_ids text[], identities text[], moderators boolean[], edit_windows bigint[], client_ids text[],
    out outcomes text[], out outcome_seqs bigint[]
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
declare
    done_at constant timestamptz := clock_timestamp();
    hashes bigint[];
    locked integer[];
    firsts bigint[];
    lasts bigint[];
    place integer;
    message record;
    change changes;
begin
    select array_agg(r.room order by r.room), array_agg(r.first_seq order by r.room), array_agg(r.last_seq order by r.room)
        into locked, firsts, lasts from rooms r where r.room = any (request_rooms);
    if client_ids is not null then
        hashes := hash_ids(
            request_rooms, array(select generate_series(1, cardinality(request_rooms))), users, identities, user_ids,
            client_ids);
    end if;
    for n in 1 .. cardinality(request_rooms) loop
        place := array_position(locked, request_rooms[n]);
        if client_ids[n] is not null then
            outcome_seqs[n] := seq_of_id(request_rooms[n], hashes[n], client_ids[n]);
            if outcome_seqs[n] is not null then
                outcomes[n] := 'repeated';
                continue;
            end if;
        end if;
        select l."user"::text as author, l.user_id::text as author_id, l."time"::timestamptz as said_at, l.edited_seq
            into message from log l
            where l.room = request_rooms[n] and l.seq = targets[n] and l.deleted_seq is null
                and l.seq between firsts[place] and lasts[place];
        outcomes[n] := case
            when not found then 'not_found'
            when kinds[n] = 'react' then case
                when are_on[n] = exists (
                    select from reactions r
                    where r.room = request_rooms[n] and r.target = targets[n] and r.emoji = emojis[n]
                        and is_person(r."user", r.user_id, users[n], user_ids[n])) then 'unchanged'
                else 'stored' end
            when moderators[n] then 'stored'
            when not is_person(message.author, message.author_id, users[n], user_ids[n])
                and not is_person(message.author, message.author_id, identities[n], user_ids[n]) then 'forbidden'
            when extract(epoch from done_at) - extract(epoch from message.said_at) > edit_windows[n] then 'forbidden'
            else 'stored' end;
        if outcomes[n] = 'stored' then
            lasts[place] := lasts[place] + 1;
            outcome_seqs[n] := lasts[place];
            change := row(
                request_rooms[n], lasts[place], done_at, users[n], user_ids[n],
                case kinds[n] when 'edit' then 'edited' when 'delete' then 'deleted' when 'react' then 'reacted' end,
                targets[n], texts[n], emojis[n], are_on[n], client_ids[n], hashes[n], null);
            perform store_change(change, message.edited_seq);
        else
            outcome_seqs[n] := 0;
        end if;
    end loop;
    update rooms r set last_seq = t.last_seq, last_change = t.last_seq
        from unnest(locked, lasts) as t(room, last_seq) where r.room = t.room and r.last_seq < t.last_seq;
    -- What deferred triggers refuse is refused here; an event has the text that triggers have left.
    set constraints all immediate;
    update changes c set message = l.message::text
        from unnest(request_rooms, outcomes, outcome_seqs) as o(room, outcome, seq), log l
        where o.outcome = 'stored' and c.room = o.room and c.seq = o.seq and c.kind = 'edited'
            and l.room = c.room and l.seq = c.target and l.edited_seq = c.seq
            and l.message::text collate "C" is distinct from c.message;
end
$$;

-- Carries out requests of members in their order, one element of each array a request; see apply_changes(). `kinds`:
-- 'edit', with a text; 'delete'; 'react', with an emoji and whether it is on.
--
-- `number` larger than that of every earlier batch of the writer; the same number again returns the same outcomes. No row
-- if the writer is not known. Else one at least: `outcomes` and `outcome_seqs` are in the first one, null in all others;
-- the other columns are those of log_runs() for what was stored, nulls if nothing was.
create function store_changes(
    writer uuid, number bigint,
    request_rooms integer[], kinds text[], targets bigint[], texts text[], emojis text[], are_on boolean[],
    users text[], user_ids text[], identities text[], moderators boolean[], edit_windows bigint[], client_ids text[]
)
returns table (
    outcomes text[], outcome_seqs bigint[], room integer, after_seq bigint, through_seq bigint,
    seq bigint, "time" timestamptz, "user" text, message text, client_id text, user_id text, reply_to bigint,
    kind text, details log_details
)
language plpgsql set search_path from current as $$
#variable_conflict use_column
declare
    last record;
    runs record;
begin
    select w.number, w.outcomes, w.outcome_seqs into last
        from log_writers w where w.writer = store_changes.writer for update;
    if not found then
        return;
    elsif number < last.number or number = last.number and last.outcomes is null then
        raise exception 'store_changes: batch % of this writer was given up', number using errcode = '55000';
    elsif number > last.number then
        perform lock_rooms_of(request_rooms);
        select number, a.outcomes, a.outcome_seqs into last
            from apply_changes(request_rooms, kinds, targets, texts, emojis, are_on, users, user_ids, identities,
                               moderators, edit_windows, client_ids) as a;
        update log_writers w
            set number = last.number, outcomes = last.outcomes, outcome_seqs = last.outcome_seqs,
                used_at = clock_timestamp()
            where w.writer = store_changes.writer;
    end if;
    select * into runs from runs_of_changes(request_rooms, last.outcomes, last.outcome_seqs);
    return query
        select case when r.ordinal is null or r.ordinal = 1 then last.outcomes end,
               case when r.ordinal is null or r.ordinal = 1 then last.outcome_seqs end,
               r.room, r.after_seq, r.through_seq, r.seq, r."time", r."user", r.message, r.client_id, r.user_id,
               r.reply_to, r.kind, r.details
        from (select) as always
        left join log_runs(runs.rooms, runs.afters, runs.throughs) with ordinality as r(
            room, after_seq, through_seq, seq, "time", "user", message, client_id, user_id, reply_to, kind, details,
            ordinal) on true
        order by r.ordinal;
end
$$;

-- ---- Changing from SQL ----

alter table inbox
    add column kind text not null default 'message' check (kind in ('message', 'edit', 'delete')),
    add column target bigint,
    alter column "user" drop not null,
    add check (case kind when 'message' then "user" is not null else target is not null end);
alter table inbox_rejected
    add column kind text not null default 'message',
    add column target bigint,
    alter column "user" drop not null;

comment on table inbox is 'What new_message(), edit_message() and delete_message() left and the server has not numbered yet.';
comment on column inbox.kind is 'message; edit, delete: a change of the message number `target`, by "user" (may be null).';
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
-- messages or changes, up to the first row of the other sort. Either all of them are stored, or the call fails: the caller
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
        select i.inbox_id, sum(octet_length(i.message)) over read as bytes, row_number() over read as place,
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
           array_agg(g.kind order by g.inbox_id) as kinds, array_agg(g.target order by g.inbox_id) as targets
        into batch from gone g;
    if batch.kinds[1] = 'message' then
        select s.rooms, s.afters, s.throughs into stored_rooms, afters, throughs
            from store_taken_messages(batch.ids, batch.rooms, batch.times, batch.users, batch.texts) as s;
    elsif batch.size > 0 then
        select s.rooms, s.afters, s.throughs into stored_rooms, afters, throughs
            from store_taken_changes(
                batch.ids, batch.rooms, batch.users, batch.texts, batch.kinds, batch.targets) as s;
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

-- As store_taken_messages(), for changes. SQL may change anything, at any time.
create function store_taken_changes(
    ids bigint[], taken_rooms integer[], users text[], texts text[], kinds text[], targets bigint[],
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
            taken_rooms, kinds, targets, texts, null, null, users, null, null, of_sql, null, null);
    else
        begin
            select * into applied from apply_changes(
                taken_rooms, kinds, targets, texts, null, null, users, null, null, of_sql, null, null);
        exception
            when query_canceled or assert_failure or others then
                insert into inbox_rejected (inbox_id, room, "user", message, kind, target, sqlstate)
                    values (ids[1], taken_rooms[1], users[1], texts[1], kinds[1], targets[1], sqlstate);
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

-- As in 0021: functions that are called for each batch or row name the schema of their objects.
do $$
declare
    objects constant text := '\m(rooms|log|changes|reactions|with_reactions|log_details|seq_of_id)\M';
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.oid in (
            'has_repeats(integer[], integer[], bigint[], text[])'::regprocedure,
            'find_repeats(integer[], integer[], bigint[], text[])'::regprocedure,
            'seq_of_id(integer, bigint, text)'::regprocedure, 'log_stores_what_is_sent()'::regprocedure,
            'with_reactions(log_details, integer, bigint)'::regprocedure,
            'log_rows()'::regprocedure)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            regexp_replace(function.prosrc, objects, format('%I.\1', current_schema()), 'g'));
    end loop;
end
$$;
