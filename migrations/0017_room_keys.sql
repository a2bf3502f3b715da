-- Rooms by the application's own keys.

alter table rooms add column key text unique;

comment on column rooms.key is 'The application''s own name of the room, by room_for(); null for a room without one.';

-- The numbers that room_for() tries. An application that numbers its rooms itself uses smaller ones.
create sequence room_numbers as integer minvalue 1000000;

-- What room_for() looks for: whether a session uses a number.
create index sessions_chat_room on sessions (chat_room);

-- The room of a key, made on first use. A key that exists is only read. A new one is inserted in the caller's
-- transaction: another caller with the same key waits for the end of that transaction.
create function room_for(key text) returns integer
language plpgsql set search_path from current as $$
#variable_conflict use_variable
declare
    key_bytes_max constant integer := 1024;
    number integer;
begin
    if key is null or key = '' then
        raise exception 'room_for: key must not be null or empty' using errcode = '22023';
    elsif octet_length(key) > key_bytes_max then
        raise exception 'room_for: key has % bytes, more than the limit of %', octet_length(key), key_bytes_max
            using errcode = '22001';
    end if;
    loop
        select r.room into number from rooms r where r.key = room_for.key;
        if found then
            return number;
        end if;
        number := nextval('room_numbers');
        if not exists (select from sessions s where s.chat_room = number)
            and not exists (select from log l where l.room = number)
        then
            -- Inserts nothing if another caller has made the room of the key, or the server one of this number.
            insert into rooms as r (room, key) values (number, room_for.key) on conflict do nothing;
            if found then
                return number;
            end if;
        end if;
    end loop;
end
$$;

comment on function room_for(text) is 'The room of the application''s own key, made on first use.';
