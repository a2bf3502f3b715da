-- What the application may do in the schema of the chat (migrations/README.md, "Privileges").
grant usage on schema chat to shop;
grant select, insert, update, delete on chat.sessions to shop;
grant insert on chat.inbox to shop;
grant select on chat.log, chat.rooms to shop;
grant insert (room, key) on chat.rooms to shop;
grant usage on sequence chat.room_numbers to shop;
