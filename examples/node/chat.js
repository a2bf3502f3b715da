/**
 * What the shop does to the chat: SQL, each in the transaction of `db`, a pool or a client of `pg`.
 */
const { createHash, randomBytes } = require("node:crypto");

const roomOf = (order) => `order:${order.id}`;

/** Lets a person into the room of an order for an hour. Returns the key for the browser; the table holds its hash only. */
exports.createSession = async (db, person, order) => {
  const key = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(key).digest("hex");
  await db.query(
    `insert into chat.sessions (session_key, user_name, user_id, chat_room, expires_at)
     values ($1, $2, $3, chat.room_for($4), now() + interval '1 hour')`,
    [`sha256:${hash}`, person.name, person.id, roomOf(order)],
  );
  return key;
};

/** Speaks into the room of an order: shown if and only if the transaction commits. */
exports.say = (db, order, text) =>
  db.query("select chat.new_message(chat.room_for($1), now(), 'Shop', $2)", [roomOf(order), text]);

/** Gives a person's sessions another name; connected clients continue with it. */
exports.rename = (db, person, name) => db.query("update chat.sessions set user_name = $1 where user_id = $2", [name, person.id]);

/** Ends a person's sessions; connected clients are closed within a second. */
exports.signOut = (db, person) => db.query("delete from chat.sessions where user_id = $1", [person.id]);
