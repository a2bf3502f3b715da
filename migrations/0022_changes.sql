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
    people integer,
    names text[],
    client_id text,
    client_hash bigint,
    supersedes bigint,
    primary key (room, seq)
);

comment on table changes is 'Every change of a message, in the sequence of its room. Written by the server and by the functions only.';
comment on column changes."user" is 'Who did it; null: SQL without an actor.';
comment on column changes.target is 'The number of the changed message.';
comment on column changes.message is 'The text of an edit; empty after a later edit and after the deletion.';
comment on column changes.people is 'How many people react with the emoji after this change.';
comment on column changes.names is 'The first 20 of them, in the order of their reactions.';
comment on column changes.client_hash is 'As log.client_hash: ids of messages and changes are of one kind.';
comment on column changes.supersedes is 'The number of the edit whose text this change has removed.';

create index changes_client_hash on changes (client_hash) where client_hash is not null;

-- The reactions of now, one row for each person, message and emoji.
create table reactions (
    room integer not null,
    target bigint not null,
    emoji text not null,
    person text not null,
    seq bigint not null,
    "user" text not null,
    primary key (room, target, emoji, person)
);

comment on table reactions is 'Who reacts to a message now; written by the server and by the functions only.';
comment on column reactions.person is 'person_key() of who reacted.';
comment on column reactions.seq is 'The number of the change that set it: the order of the reactions.';

create index reactions_in_order on reactions (room, target, emoji, seq);

-- What readers of a message need of its reactions, so that reading takes no longer the more people reacted.
create table reaction_totals (
    room integer not null,
    target bigint not null,
    emoji text not null,
    first_seq bigint not null,
    people integer not null,
    names text[] not null,
    primary key (room, target, emoji)
);

comment on table reaction_totals is 'The reactions of now, counted; written by the server and by the functions only.';
comment on column reaction_totals.first_seq is 'The number of the change since which somebody reacts with the emoji: the order of emojis.';
comment on column reaction_totals.names is 'The first 20 people, in the order of their reactions.';

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

-- As in 0021: functions that are called for each batch or row name the schema of their objects.
do $$
declare
    objects constant text := '\m(rooms|log)\M';
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.oid in (
            'log_stores_what_is_sent()'::regprocedure)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            regexp_replace(function.prosrc, objects, format('%I.\1', current_schema()), 'g'));
    end loop;
end
$$;
