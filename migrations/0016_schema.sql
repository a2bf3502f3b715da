-- Everything of this installation stays in its schema: notifications have a channel of its own, and functions find its
-- objects from any search path.

-- The channel on which the servers of this schema listen. A channel's name has at most 63 bytes.
-- A constant, so that the planner inlines it: a function with a search_path of its own costs 20 us a call.
create function chat_channel() returns text language sql immutable parallel safe return 'chat';

do $$
begin
    if current_schema() <> 'public' then
        execute format(
            'create or replace function chat_channel() returns text language sql immutable parallel safe return %L',
            left('chat_' || current_schema(), 63));
    end if;
end
$$;

-- Tells every server process which sessions changed; delivered when the changing transaction commits.
-- More than `rows_max` at once would crowd the notification queue: then one call to look at all of them.
create or replace function announce_changed_sessions() returns trigger
language plpgsql set search_path from current as $$
declare
    rows_max constant integer := 1000;
begin
    if (select count(*) from (select from changed limit rows_max + 1) as few) > rows_max then
        perform pg_notify(chat_channel(), 'session:*');
    else
        perform pg_notify(chat_channel(), 'session:' || session_fingerprint(c.session_key)) from changed c;
    end if;
    return null;
end
$$;

create or replace function announce_all_sessions() returns trigger
language plpgsql set search_path from current as $$
begin
    perform pg_notify(chat_channel(), 'session:*');
    return null;
end
$$;

-- Declares the log's past changed (after a restore in place, say): clients are told `reset`.
create or replace function new_epoch() returns text
language plpgsql set search_path from current as $$
declare
    fresh text;
begin
    insert into chat_epoch as e (epoch, identity) values (gen_random_uuid()::text, log_identity())
        on conflict (only_row) do update
            set epoch = excluded.epoch, identity = excluded.identity, since = now()
        returning e.epoch into fresh;
    perform pg_notify(chat_channel(), 'epoch');
    return fresh;
end
$$;

-- Called after messages have been committed, in a transaction of its own; see 0009.
create or replace function ring_doorbell(payloads text[]) returns void
language plpgsql set search_path from current as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_notify(chat_channel(), p.payload) from unnest(payloads) as p(payload);
end
$$;

-- Says `message` in `room`: shown if and only if the caller's transaction commits, in order within it.
-- `message_time` null means the time at which the server stores it.
create or replace function new_message(room integer, message_time timestamptz, message_user text, message text)
returns void
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    message_bytes_max constant integer := 65536;
    user_bytes_max constant integer := 1024;
begin
    if room is null then
        raise exception 'new_message: room must not be null' using errcode = '22023';
    elsif message_user is null or message_user = '' then
        raise exception 'new_message: message_user must not be null or empty' using errcode = '22023';
    elsif message is null or message = '' then
        raise exception 'new_message: message must not be null or empty' using errcode = '22023';
    elsif not isfinite(message_time) then
        raise exception 'new_message: message_time must be finite' using errcode = '22023';
    elsif octet_length(message) > message_bytes_max then
        raise exception 'new_message: message has % bytes, more than the limit of %',
            octet_length(message), message_bytes_max using errcode = '22001', hint = 'Say it in several messages.';
    elsif octet_length(message_user) > user_bytes_max then
        raise exception 'new_message: message_user has % bytes, more than the limit of %',
            octet_length(message_user), user_bytes_max using errcode = '22001';
    end if;
    insert into inbox (room, "time", "user", message) values (room, message_time, message_user, message);
    perform pg_notify(chat_channel(), 'inbox');
end
$$;

-- The other functions that are called by themselves. Those that only they call, for each batch of messages, run with
-- the search path of the caller: setting it again would cost each batch more time. A function whose body was parsed when
-- it was created (`return …`) needs none.
do $$
declare
    called constant text[] := '{
        log_identity, current_epoch, store_batch, forget_batches, register_writer, settle_batch, store_inbox,
        drain_inbox, open_room, read_room, room_news, messages_after, read_messages, read_history, oldest_of_newest}';
    function regprocedure;
begin
    for function in
        select p.oid from pg_proc p
        where p.pronamespace = to_regnamespace(quote_ident(current_schema())) and p.proname::text = any (called)
    loop
        execute format('alter function %s set search_path from current', function);
    end loop;
end
$$;
