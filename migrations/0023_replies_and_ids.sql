-- Replies, and one namespace for the ids of messages and of changes.

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

-- As in 0021: functions that are called for each batch or row name the schema of their objects.
do $$
declare
    objects constant text := '\m(rooms|log|changes|seq_of_id)\M';
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.oid in (
            'has_repeats(integer[], integer[], bigint[], text[])'::regprocedure,
            'find_repeats(integer[], integer[], bigint[], text[])'::regprocedure,
            'seq_of_id(integer, bigint, text)'::regprocedure)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            regexp_replace(function.prosrc, objects, format('%I.\1', current_schema()), 'g'));
    end loop;
end
$$;
