-- Changes by members: edits, deletions and reactions.

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
        change := count_reaction(change);
    else
        change.message := case change.kind when 'edited' then stored.message end;
        change.supersedes := previous_edit;
        update changes c set message = '' where c.room = change.room and c.seq = previous_edit;
        if change.kind = 'deleted' then
            delete from reactions r where r.room = change.room and r.target = change.target;
            delete from reaction_totals k where k.room = change.room and k.target = change.target;
        end if;
    end if;
    insert into changes select change.*;
end
$$;

-- Sets or withdraws a reaction; returns the change with who reacts with the emoji afterwards.
create function count_reaction(change changes) returns changes
language plpgsql set search_path from current as $$
declare
    names_max constant integer := 20;
begin
    if change.is_on then
        insert into reactions values (
            change.room, change.target, change.emoji, person_key(change."user", change.user_id), change.seq, change."user");
        insert into reaction_totals as k values (
            change.room, change.target, change.emoji, change.seq, 1, array[change."user"])
            on conflict (room, target, emoji) do update
                set people = k.people + 1,
                    names = case when cardinality(k.names) < names_max then k.names || excluded.names else k.names end
            returning k.people, k.names into change.people, change.names;
    else
        delete from reactions r
            where r.room = change.room and r.target = change.target and r.emoji = change.emoji
                and r.person = person_key(change."user", change.user_id);
        update reaction_totals k
            set people = k.people - 1,
                names = array(
                    select r."user" from reactions r
                    where r.room = k.room and r.target = k.target and r.emoji = k.emoji order by r.seq limit names_max)
            where k.room = change.room and k.target = change.target and k.emoji = change.emoji
            returning k.people, k.names into change.people, change.names;
        delete from reaction_totals k
            where k.room = change.room and k.target = change.target and k.emoji = change.emoji and k.people = 0;
    end if;
    return change;
end
$$;

-- Names a person among those who react: the sign keeps a user_id apart from a name of the same text. What would be too
-- long for an index is hashed. (Stable, because convert_to() is.)
create function person_key(name text, user_id text) returns text
language sql stable parallel safe
return (
    select case when octet_length(k.key) <= 1024 then k.key else encode(sha256(convert_to(k.key, 'UTF8')), 'hex') end
    from (select coalesce('@' || user_id, ':' || name) as key) as k);

-- Whether two sessions are of one person: their user_id is equal, or both have none and the names are equal.
create function is_person(name text, user_id text, other_name text, other_user_id text) returns boolean
language sql immutable parallel safe
return user_id is not distinct from other_user_id and coalesce(user_id is not null or name = other_name, false);

-- Carries out requests in their order and returns what became of each: 'stored', with its number; 'repeated', with the
-- number under which its id is stored; 'done', a reaction that is as wanted, or moderation; 'not_found', no such message
-- or a deleted one; 'forbidden', neither the author's within the time nor a moderator's, or one emoji too many. Only what
-- is stored takes a number; the number is 0 for the last three.
--
-- The caller holds the locks of lock_rooms_of(). `edit_windows` are seconds, null for no end; `identities` what ids
-- belong to if it is not the name: the first name of a session that was renamed. `client_ids` null if no request has one.
-- For moderation, `texts` are reasons, and the last three arrays what moderate() takes; they may be null.
create function apply_changes(
    request_rooms integer[], kinds text[], targets bigint[], texts text[], emojis text[], are_on boolean[],
    users text[], user_ids text[], identities text[], moderators boolean[], edit_windows bigint[], client_ids text[],
    people text[], untils timestamptz[], settings integer[],
    out outcomes text[], out outcome_seqs bigint[]
)
-- A plan that was made while the tables were small must not read all of them later.
language plpgsql set search_path from current set enable_seqscan = off as $$
declare
    done_at constant timestamptz := clock_timestamp();
    emojis_max constant integer := 50;
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
        if kinds[n] in ('mute', 'ban', 'kick', 'freeze', 'slow_mode') then
            perform moderate(kinds[n], request_rooms[n], people[n], untils[n], settings[n], texts[n], users[n]);
            outcomes[n] := 'done';
            outcome_seqs[n] := 0;
            continue;
        end if;
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
                        and r.person = person_key(users[n], user_ids[n])) then 'done'
                -- Each emoji makes the message longer for all who read it.
                when are_on[n] and emojis_max <= (
                    select count(*) from reaction_totals k
                    where k.room = request_rooms[n] and k.target = targets[n] and k.emoji <> emojis[n]) then 'forbidden'
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
                targets[n], texts[n], emojis[n], are_on[n], null, null, client_ids[n], hashes[n], null);
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
-- 'edit', with a text; 'delete'; 'react', with an emoji and whether it is on; 'mute' and 'ban', with a person and seconds
-- (null: for ever; 0: no longer); 'kick', with a person; 'freeze' and 'slow_mode', with a setting.
--
-- `number` larger than that of every earlier batch of the writer; the same number again returns the same outcomes. No row
-- if the writer is not known. Else one at least: `outcomes` and `outcome_seqs` are in the first one, null in all others;
-- the other columns are those of log_runs() for what was stored, nulls if nothing was.
create function store_changes(
    writer uuid, number bigint,
    request_rooms integer[], kinds text[], targets bigint[], texts text[], emojis text[], are_on boolean[],
    users text[], user_ids text[], identities text[], moderators boolean[], edit_windows bigint[], client_ids text[],
    people text[], seconds bigint[], settings integer[]
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
                               moderators, edit_windows, client_ids, people,
                               array(select clock_timestamp() + make_interval(secs => t.n)
                                     from unnest(seconds) with ordinality as t(n, place) order by t.place),
                               settings) as a;
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
