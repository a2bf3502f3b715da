-- Sets nodejschat 0.1.0's own tables aside, so that the next migrations can make ours under the same names.
--
-- Nothing is dropped: the tables stay, renamed `nodejschat_sessions` and `nodejschat_log`, 0008 copies their rows, and
-- 0006 replaces `new_message`. Its tables are told from ours by their columns: theirs has `sessions.key`, and `log`
-- without `seq`. On a fresh database, and on one of ours, this does nothing.

do $$
declare
    here text := current_schema();
    constraint_name text;
begin
    if exists (
        select from information_schema.columns
        where table_schema = here and table_name = 'sessions' and column_name = 'key'
    ) then
        alter table sessions rename to nodejschat_sessions;
    end if;

    if exists (
        select from information_schema.columns
        where table_schema = here and table_name = 'log' and column_name = 'message_id'
    ) and not exists (
        select from information_schema.columns
        where table_schema = here and table_name = 'log' and column_name = 'seq'
    ) then
        alter table log rename to nodejschat_log;
    end if;

    -- The indexes of constraints keep their names over a rename and would collide with ours (`log_pkey`).
    for constraint_name in
        select c.conname from pg_constraint c
        where c.conrelid in (to_regclass(format('%I.nodejschat_log', here)),
                             to_regclass(format('%I.nodejschat_sessions', here)))
          and c.contype in ('p', 'u')
    loop
        execute format(
            'alter index %I.%I rename to %I', here, constraint_name, left('nodejschat_' || constraint_name, 63));
    end loop;
end
$$;
