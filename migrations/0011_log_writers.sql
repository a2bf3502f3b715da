-- Storing messages, second form: one row for each writer instead of one for each batch, and the rows of `log` as they
-- are rather than as they were sent.
--
-- store_batch(uuid, integer[], …), forget_batches() and the table `batches` stay for processes of version 0.1, which
-- may call them during a rolling restart. What finds repeats is in 0013.

-- A writer is one lane of one server process. It has one batch under way at a time, so one receipt is enough: the
-- last one, which lasts as long as the writer may repeat its batch. Each batch updates the row in place.
create table log_writers (
    writer uuid primary key,
    number bigint not null default 0,
    stored_at timestamptz,
    bases bigint[],
    duplicate_ordinals integer[],
    duplicate_seqs bigint[],
    used_at timestamptz not null default now()
) with (fillfactor = 50); -- room on the page for the new versions of hot rows

comment on table log_writers is 'One row for each lane of each server process; written by store_batch() only.';
comment on column log_writers.number is 'The number of the last batch that was stored, or given up by settle_batch().';
comment on column log_writers.stored_at is 'The time of that batch; null if it was given up. With it begins its receipt.';

-- Registers a writer, and removes those that have not stored anything for a long time. A removed writer's batches are
-- refused, so nothing is stored twice.
create function register_writer(writer uuid) returns void
language plpgsql as $$
#variable_conflict use_variable
declare
    unused_max constant interval := '30 days';
begin
    insert into log_writers values (writer) on conflict do nothing;
    delete from log_writers w where w.used_at < now() - unused_max;
end
$$;

-- Takes the next `counts` numbers of each room, making the rooms that are missing, and returns, for each, the number
-- before the first one taken. A single room is locked by the update itself; several are locked in ascending order
-- first, so no two callers can deadlock.
create function give_numbers(batch_rooms integer[], counts integer[]) returns bigint[]
language plpgsql as $$
declare
    base bigint;
begin
    if cardinality(batch_rooms) = 1 then
        update rooms r set last_seq = r.last_seq + counts[1] where r.room = batch_rooms[1]
            returning r.last_seq - counts[1] into base;
        if found then
            return array[base];
        end if;
    end if;
    perform lock_rooms(batch_rooms);
    return take_numbers(batch_rooms, counts);
end
$$;

-- Whether a row of `log` is certainly what was inserted: a plain table with our types of columns, and nothing enabled
-- on it, or on `rooms`, that could change or drop a row. False for everything else, known or unknown.
create function log_stores_what_is_sent() returns boolean
language plpgsql stable as $$
begin
    return coalesce((
        select c.relkind = 'r' and not (c.relhasrules or c.relrowsecurity or c.relhassubclass or c.relispartition)
               and not exists (
                   select from pg_trigger t
                   where t.tgrelid in (c.oid, 'rooms'::regclass) and not t.tgisinternal and t.tgenabled <> 'D')
               and 5 = (
                   select count(*) from pg_attribute a
                   where a.attrelid = c.oid and a.atttypmod = -1 and (a.attname, a.atttypid) in (
                       ('room', 'integer'::regtype), ('seq', 'bigint'::regtype),
                       ('time', 'timestamptz'::regtype), ('user', 'text'::regtype), ('message', 'text'::regtype)))
        from pg_class c where c.oid = 'log'::regclass), false);
end
$$;

-- Compares what was sent, where `places` is not null, with the rows as they are now. Ordinals count from 0.
-- A plan that was made while the table was small must not read all of it later: hence the setting and the offset.
create function find_differences(
    batch_rooms integer[], bases bigint[], sent_at timestamptz,
    message_groups integer[], places integer[], users text[], texts text[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[]
)
language plpgsql set enable_seqscan = off as $$
begin
    select array_agg(d.ordinal order by d.ordinal) filter (where d.seq is not null),
           array_agg(d."time" order by d.ordinal) filter (where d.seq is not null),
           array_agg(d."user" order by d.ordinal) filter (where d.seq is not null),
           array_agg(d.message order by d.ordinal) filter (where d.seq is not null),
           array_agg(d.ordinal order by d.ordinal) filter (where d.seq is null)
        into changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals
        from (
            select (m.ordinal - 1)::integer as ordinal, l.seq, l."user"::text, l.message::text,
                   coalesce(l."time"::timestamptz, 'epoch') as "time"
            from unnest(message_groups, places, users, texts)
                with ordinality as m(grp, place, message_user, message, ordinal)
            left join lateral (
                select * from log where room = batch_rooms[m.grp] and seq = bases[m.grp] + m.place offset 0
            ) as l on true
            where m.place is not null and (
                l.seq is null or l."time"::timestamptz is distinct from sent_at
                or l."user"::text collate "C" is distinct from m.message_user
                or l.message::text collate "C" is distinct from m.message)
        ) as d;
end
$$;

-- Stores a batch and returns its receipt; one row, of nulls if the writer is not known.
--
-- `number` larger than that of every earlier batch of the writer; the same number again returns the receipt again.
-- `batch_rooms` ascending and distinct, `counts` the messages of each. For each message: `message_groups` the index
-- (from 1) of its room in `batch_rooms`, ascending; `message_places` its place (from 1) among the messages of its room;
-- `identities` what its id belongs to, null for the user. `client_ids` null if no message has one.
--
-- Duplicates are the messages that had been stored before under the same id. Of the others, those whose rows are not
-- what was sent: changed by a trigger, rule or type of column of the embedding application, or dropped by it.
create function store_batch(
    writer uuid, number bigint, batch_rooms integer[], counts integer[],
    message_groups integer[], message_places integer[], users text[], identities text[], texts text[], client_ids text[],
    out stored_number bigint, out stored_at timestamptz, out bases bigint[],
    out duplicate_ordinals integer[], out duplicate_seqs bigint[],
    out changed_ordinals integer[], out changed_times timestamptz[], out changed_users text[],
    out changed_texts text[], out dropped_ordinals integer[]
)
language plpgsql as $$
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
        if client_ids is null then
            insert into log (room, seq, "time", "user", message)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message
                from unnest(message_groups, places, users, texts) as m(grp, place, message_user, message);
            get diagnostics inserted = row_count;
        else
            hashes := hash_ids(batch_rooms, message_groups, users, identities, client_ids);
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
            insert into log (room, seq, "time", "user", message, client_id, client_hash)
                select batch_rooms[m.grp], bases[m.grp] + m.place, stored_at, m.message_user, m.message, m.client_id,
                       m.hash
                from unnest(message_groups, places, users, texts, client_ids, hashes)
                    as m(grp, place, message_user, message, client_id, hash)
                where m.place is not null;
            get diagnostics inserted = row_count;
        end if;
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
        select d.* into changed_ordinals, changed_times, changed_users, changed_texts, dropped_ordinals
            from find_differences(batch_rooms, bases, stored_at, message_groups, places, users, texts) as d;
    end if;
end
$$;

-- Makes sure that no earlier call of store_batch() with this number, the newest of the writer, can commit from now on.
-- Returns whether one has committed; null if the writer is not known.
create function settle_batch(writer uuid, number bigint) returns boolean
language plpgsql as $$
declare
    last_number bigint;
    last_stored_at timestamptz;
begin
    select w.number, w.stored_at into last_number, last_stored_at
        from log_writers w where w.writer = settle_batch.writer for update;
    if not found then
        return null;
    elsif last_number > number then
        raise exception 'settle_batch: batch % is not the newest of this writer', number using errcode = '55000';
    elsif last_number = number and last_stored_at is not null then
        return true;
    end if;
    update log_writers w
        set number = settle_batch.number, stored_at = null, bases = null, duplicate_ordinals = null,
            duplicate_seqs = null, used_at = now()
        where w.writer = settle_batch.writer;
    return false;
end
$$;

-- Numbers that every reader of JSON keeps (RFC 8259 section 6). Rows that are out of range already stay: servers refuse
-- them, each for itself.
alter table rooms
    add constraint rooms_last_seq_range check (last_seq between 0 and 9007199254740991) not valid,
    add constraint rooms_first_seq_range check (first_seq between 1 and 9007199254740992) not valid;

comment on table batches is
    'Receipts of batches that processes of version 0.1 stored; not used by later versions.';
comment on column log.seq is
    'Ascending in commit order in each room (1, 2, 3 …), without holes until a row is dropped or deleted.';
