-- The identity of the log's past: a client's cursor (epoch, seq) holds only while the past is the one it saw.

create table chat_epoch (
    only_row boolean primary key default true check (only_row),
    epoch text not null,
    identity text not null,
    since timestamptz not null default now()
);

comment on table chat_epoch is 'One row: the epoch, and the identity of the log it was made for.';

-- Which history of which cluster this log is: changes with a restore into another cluster or database (system
-- identifier, table), and with a promotion or point-in-time recovery (timeline). A restore in place over the same
-- table is not seen by this: call new_epoch() after it.
create function log_identity() returns text
language plpgsql volatile as $$
begin
    return concat_ws('/',
        (select system_identifier from pg_control_system()),
        substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
        to_regclass('log')::oid);
end
$$;

-- The epoch of now, renewed first if the log turned out to be another one.
create function current_epoch() returns text
language plpgsql as $$
declare
    here constant text := log_identity();
    found_epoch text;
begin
    select e.epoch into found_epoch from chat_epoch e where e.identity = here;
    if found then
        return found_epoch;
    end if;
    insert into chat_epoch as e (epoch, identity) values (gen_random_uuid()::text, here)
        on conflict (only_row) do update
            set epoch = case when e.identity = excluded.identity then e.epoch else excluded.epoch end,
                identity = excluded.identity,
                since = case when e.identity = excluded.identity then e.since else excluded.since end
        returning e.epoch into found_epoch;
    return found_epoch;
end
$$;

-- Declares the log's past changed (after a restore in place, say): clients are told `reset`.
create function new_epoch() returns text
language plpgsql set search_path from current as $$
declare
    fresh text;
begin
    insert into chat_epoch as e (epoch, identity) values (gen_random_uuid()::text, log_identity())
        on conflict (only_row) do update
            set epoch = excluded.epoch, identity = excluded.identity, since = now()
        returning e.epoch into fresh;
    perform pg_notify('chat', 'epoch');
    return fresh;
end
$$;

select current_epoch();
