-- Storing messages: one call, one transaction, one batch of many rooms.

-- What was stored by which call. A server that lost the connection during a commit repeats the call with the same id:
-- the insert below then waits for the first transaction, and the recorded receipt is returned instead of storing twice.
create table batches (
    batch_id uuid primary key,
    created_at timestamptz not null default now(),
    stored_at timestamptz,
    bases bigint[],
    duplicate_ordinals integer[],
    duplicate_seqs bigint[]
) with (fillfactor = 70);

comment on table batches is 'Receipts of stored batches, kept for an hour; see forget_batches().';

create index batches_created_at on batches (created_at);

-- Locks the rows of `wanted` (ascending, distinct) to the end of the transaction, making those that are missing.
-- Missing rows are made first, before any lock is held, and both in ascending order: so no two callers can deadlock.
create function lock_rooms(wanted integer[]) returns void
language plpgsql as $$
begin
    insert into rooms (room)
        select w.room from unnest(wanted) as w(room)
        where not exists (select from rooms r where r.room = w.room)
        order by w.room
        on conflict do nothing;
    perform from rooms r where r.room = any (wanted) order by r.room for update;
end
$$;

-- Takes the next `counts` numbers of each room and returns, for each, the number before the first one taken.
-- The caller holds the locks of lock_rooms(). (plpgsql keeps the plan between calls; an SQL function would not.)
create function take_numbers(wanted integer[], counts integer[], out bases bigint[])
language plpgsql as $$
begin
    with taken as (
        update rooms r set last_seq = r.last_seq + w.n
        from unnest(wanted, counts) as w(room, n)
        where r.room = w.room
        returning r.room, r.last_seq - w.n as base
    )
    select array_agg(t.base order by t.room) into bases from taken t;
end
$$;

-- Finds which messages of a batch with client ids are repeats, of the log or of an earlier one in the batch itself.
-- Runs under the rooms' locks, as a statement of its own: so it sees all that earlier holders of the locks stored.
-- For each message in order: its hash; its place among the stored ones of its room (null for a repeat); for a repeat,
-- the number of the original in the log, or else the ordinal (from 1) of the original in the batch.
create function find_repeats(
    batch_rooms integer[], message_groups integer[], users text[], client_ids text[],
    out hashes bigint[], out places integer[], out original_seqs bigint[], out original_ordinals integer[]
)
language plpgsql as $$
begin
    with message as (
        select m.ordinal, m.grp, m.message_user, m.client_id,
               client_message_hash(batch_rooms[m.grp], m.message_user, m.client_id) as hash
        from unnest(message_groups, users, client_ids) with ordinality as m(grp, message_user, client_id, ordinal)
    ), judged as (
        select m.ordinal, m.grp, m.hash,
               (select min(l.seq)
                -- offset 0 keeps the planner from walking the whole room by (room, seq) instead of the hash's index
                from (select * from log where client_hash = m.hash offset 0) as l
                where l.room = batch_rooms[m.grp] and l."user" = m.message_user and l.client_id = m.client_id) as seq,
               case when m.client_id is null then m.ordinal
                    else min(m.ordinal) over (partition by m.hash, m.grp, m.message_user, m.client_id) end as first
        from message m
    ), placed as (
        select j.*, j.seq is null and j.first = j.ordinal as kept,
               count(*) filter (where j.seq is null and j.first = j.ordinal)
                   over (partition by j.grp order by j.ordinal) as place
        from judged j
    )
    select array_agg(p.hash order by p.ordinal),
           array_agg(case when p.kept then p.place end::integer order by p.ordinal),
           array_agg(p.seq order by p.ordinal),
           array_agg(p.first::integer order by p.ordinal)
        into hashes, places, original_seqs, original_ordinals
        from placed p;
end
$$;

-- Stores a batch and returns its receipt; one row.
--
-- `batch_rooms` ascending and distinct, `counts` the messages of each. For each message: `message_groups` the index
-- (from 1) of its room, `message_places` its place (from 1) among the messages of its room, who, what, and
-- `client_ids` the sender's own name for it; the whole array is null when no message has one.
-- `bases` is, for each room, the number before its first stored message; `duplicate_ordinals` (from 0) and
-- `duplicate_seqs` tell the messages that had been stored before.
--
-- The caller does the grouping because joining and numbering in here took eight times as long: arrays are subscripted
-- instead of joined, which is linear.
create function store_batch(
    batch uuid, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], texts text[], client_ids text[],
    out stored_at timestamptz, out bases bigint[], out duplicate_ordinals integer[], out duplicate_seqs bigint[]
)
language plpgsql as $$
#variable_conflict use_column
declare
    places integer[] := message_places;
    hashes bigint[];
    original_seqs bigint[];
    original_ordinals integer[];
begin
    insert into batches (batch_id) values (batch) on conflict do nothing;
    if not found then
        select b.stored_at, b.bases, b.duplicate_ordinals, b.duplicate_seqs
            into stored_at, bases, duplicate_ordinals, duplicate_seqs
            from batches b where b.batch_id = batch;
        return;
    end if;

    perform lock_rooms(batch_rooms);
    stored_at := clock_timestamp();

    if client_ids is null then
        bases := take_numbers(batch_rooms, counts);
        insert into log (room, seq, "time", "user", message)
            select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message
            from unnest(message_groups, places, users, texts) as m(grp, place, message_user, message);
    else
        select f.hashes, f.places, f.original_seqs, f.original_ordinals
            into hashes, places, original_seqs, original_ordinals
            from find_repeats(batch_rooms, message_groups, users, client_ids) f;
        bases := take_numbers(batch_rooms, array(
            select count(m.place)::integer from unnest(message_groups, places) as m(grp, place)
            group by m.grp order by m.grp));
        insert into log (room, seq, "time", "user", message, client_id, client_hash)
            select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message, m.client_id, m.hash
            from unnest(message_groups, places, users, texts, client_ids, hashes)
                as m(grp, place, message_user, message, client_id, hash)
            where m.place is not null;
        select array_agg((m.ordinal - 1)::integer order by m.ordinal),
               array_agg(coalesce(
                   m.seq,
                   -- the original is in this batch: it may itself be a repeat of the log
                   original_seqs[m.first],
                   bases[m.grp] + places[m.first]) order by m.ordinal)
            into duplicate_ordinals, duplicate_seqs
            from unnest(message_groups, places, original_seqs, original_ordinals)
                with ordinality as m(grp, place, seq, first, ordinal)
            where m.place is null;
    end if;

    duplicate_ordinals := coalesce(duplicate_ordinals, '{}');
    duplicate_seqs := coalesce(duplicate_seqs, '{}');
    update batches b
        set stored_at = store_batch.stored_at, bases = store_batch.bases,
            duplicate_ordinals = store_batch.duplicate_ordinals, duplicate_seqs = store_batch.duplicate_seqs
        where b.batch_id = batch;
end
$$;

-- Removes at most `rows_max` receipts older than `age` and returns how many: no server repeats a batch that late.
create function forget_batches(age interval, rows_max integer) returns bigint
language sql as $$
    with old as (
        select batch_id from batches where created_at < now() - age
        order by created_at limit rows_max for update skip locked
    ), gone as (
        delete from batches b using old where b.batch_id = old.batch_id returning b.batch_id
    )
    select count(*) from gone
$$;
