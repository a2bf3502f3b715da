-- Finding repeats by a strong hash, and whatever the name of the sender is by now.

-- What finds a repeated message: the first 8 bytes of a SHA-256. Nobody can compute many ids of the same hash. The
-- length of the identity keeps the encoding unambiguous. (Stable, because convert_to() is: so it can be inlined.)
create function client_id_hash(room integer, identity text, client_id text) returns bigint
language sql stable strict parallel safe
return ('x' || encode(substr(sha256(convert_to(
    room::text || ':' || octet_length(identity)::text || ':' || identity || client_id, 'UTF8')), 1, 8), 'hex')
    )::bit(64)::bigint;

comment on column log.client_hash is 'client_id_hash() of the row, null without client_id.';

-- Waits for the transactions of version 0.1 that are storing, and keeps others from computing old hashes meanwhile.
lock table batches in share row exclusive mode;

-- Version 0.1 finds and makes the new hashes by this function.
create or replace function client_message_hash(room integer, message_user text, client_id text) returns bigint
language sql stable strict parallel safe
return client_id_hash(room, message_user, client_id);

-- Gives existing rows the new hash. Triggers of the embedding application are off meanwhile: nothing that it knows of
-- a message changes.
do $$
declare
    mine record;
    enable text[] := '{}';
    command text;
begin
    if not exists (select from log where client_hash is not null) then
        return;
    end if;
    for mine in
        select t.tgname, t.tgenabled from pg_trigger t
        where t.tgrelid = 'log'::regclass and not t.tgisinternal and t.tgenabled <> 'D'
    loop
        execute format('alter table log disable trigger %I', mine.tgname);
        enable := enable || format('alter table log enable %s trigger %I',
            case mine.tgenabled when 'R' then 'replica' when 'A' then 'always' end, mine.tgname);
    end loop;
    update log set client_hash = client_id_hash(room, "user", client_id) where client_hash is not null;
    foreach command in array enable loop
        execute command;
    end loop;
end
$$;

-- The hashes of a batch's ids in order, null for a message without one.
create function hash_ids(
    batch_rooms integer[], message_groups integer[], users text[], identities text[], client_ids text[]
) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select client_id_hash(batch_rooms[m.grp], coalesce(m.identity, m.message_user), m.client_id)
        from unnest(message_groups, users, identities, client_ids)
            with ordinality as m(grp, message_user, identity, client_id, ordinal)
        order by m.ordinal);
end
$$;

-- Whether a message of the batch has the id of another one, in the log or in the batch. Runs under the rooms' locks, as
-- a statement of its own: so it sees all that earlier holders of the locks stored. (A plan that was made while the table
-- was small must not read all of it later: hence the setting.)
create function has_repeats(batch_rooms integer[], message_groups integer[], hashes bigint[], client_ids text[])
returns boolean
language plpgsql set enable_seqscan = off as $$
begin
    return (select count(distinct h.hash) < count(h.hash) from unnest(hashes) as h(hash)) or exists (
        select from unnest(message_groups, hashes, client_ids) as m(grp, hash, client_id)
        where exists (
            -- offset 0 keeps the planner from walking the whole room by (room, seq) instead of the hash's index
            select from (select * from log where client_hash = m.hash offset 0) as l
            where l.room = batch_rooms[m.grp] and l.client_id = m.client_id));
end
$$;

-- Finds the messages of a batch that are repeats, of the log or of an earlier one in the batch itself. The user of the
-- original is not compared: a trigger may have changed it. For each message in order: its place among the stored ones of
-- its room (null for a repeat); for a repeat, the number of the original in the log, or else the ordinal (from 1) of the
-- original in the batch. For each room, how many are repeats.
create function find_repeats(
    batch_rooms integer[], message_groups integer[], hashes bigint[], client_ids text[],
    out places integer[], out original_seqs bigint[], out original_ordinals integer[], out repeat_counts integer[]
)
language plpgsql set enable_seqscan = off as $$
begin
    with judged as (
        select m.ordinal, m.grp,
               (select min(l.seq) from (select * from log where client_hash = m.hash offset 0) as l
                where l.room = batch_rooms[m.grp] and l.client_id = m.client_id) as seq,
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
