-- Repeats of a message's id are found across a change of the session's name.

alter table sessions add column id_name text;

comment on column sessions.id_name is
    'The name under which ids of messages are kept: the first name of this session; null while it was never renamed. Kept by a trigger.';

-- The first name stays, however often the session is renamed. What the application writes into the column itself is
-- kept too, until the name changes.
create function keep_id_name() returns trigger
language plpgsql set search_path from current as $$
begin
    new.id_name := coalesce(old.id_name, old.user_name);
    return new;
end
$$;

-- Not `update of user_name`: a trigger of the application may change the name too.
create trigger keep_id_name before update on sessions for each row
    when (new.user_name is distinct from old.user_name)
    execute function keep_id_name();
