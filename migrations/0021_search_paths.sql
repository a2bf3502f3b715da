-- The functions that only store_batch() and drain_inbox() call find their objects from any search path, too: their
-- bodies name the schema. (Setting a search_path at each call would cost a batch of one message 3 to 4 % more instructions.)
do $$
declare
    called_within constant text[] := '{
        find_differences, find_repeats, give_numbers, has_repeats, hash_ids, lock_rooms, log_stores_what_is_sent,
        store_taken, take_numbers}';
    objects constant text :=
        '\m(rooms|log|lock_rooms|take_numbers|client_id_hash|client_message_hash|user_id_hash)\M';
    function record;
begin
    for function in
        select p.oid, p.prosrc from pg_proc p
        where p.pronamespace = to_regnamespace(quote_ident(current_schema())) and p.proname::text = any (called_within)
    loop
        execute replace(
            pg_get_functiondef(function.oid), function.prosrc,
            regexp_replace(function.prosrc, objects, format('%I.\1', current_schema()), 'g'));
    end loop;
end
$$;
