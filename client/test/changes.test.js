import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatClient, withChange } from "../lib/chat-client.js";
import { FakeServer, events } from "./fake-server.js";

const TIME = "2026-01-01T00:00:00.000Z";
const message = (seq, more = {}) => ({ seq, time: TIME, user: "Ada", message: `text ${seq}`, ...more });
const change = (seq, more) => ({ seq, time: TIME, user: "Bob", ...more });

function start(t, options = {}) {
  const server = new FakeServer();
  const client = new ChatClient({
    url: "ws://chat.example/", sessionKey: "k", WebSocket: server.WebSocket, backoffMinMs: 1, ...options,
  });
  t.after(() => client.close());
  client.connect();
  return { server, client };
}

async function open(t, options) {
  const { server, client } = start(t, options);
  const socket = await server.next();
  socket.welcome();
  return { server, client, socket };
}

/** What the page's storage is to the client. */
class Storage {
  getItem(name) {
    return this[name] ?? null;
  }
  setItem(name, value) {
    this[name] = value;
  }
  removeItem(name) {
    delete this[name];
  }
}

test("changes are asked for", async (t) => {
  const { socket } = await open(t, { events: "changes,typing" });
  assert.equal(socket.url.searchParams.get("events"), "session,changes,typing");
});

test("each kind of change makes the message that a fresh load shows", () => {
  const first = message(1, { id: "a", reply_to: 7 });
  const edited = withChange(first, change(2, { edited: 1, message: "new" }));
  assert.deepEqual(edited, { ...first, message: "new", edited_seq: 2, changed_seq: 2 });
  const reacted = withChange(edited, change(3, { reacted: 1, emoji: "👍", on: true }));
  assert.deepEqual(reacted.reactions, { "👍": { count: 1, users: ["Bob"] } });
  const withdrawn = withChange(reacted, change(4, { reacted: 1, emoji: "👍", on: false, count: 0, users: [] }));
  assert.deepEqual(withdrawn, { ...edited, changed_seq: 4 });
  const deleted = withChange(reacted, change(5, { deleted: 1 }));
  assert.deepEqual(deleted, { ...first, message: "", deleted: true, changed_seq: 5 });
  assert.equal(withChange(deleted, change(6, { edited: 1, message: "again" })), deleted);
  assert.equal(withChange(edited, change(2, { deleted: 1 })), edited);
  assert.equal(withChange(edited, change(9, { deleted: 2 })), edited);
});

test("only the first 20 names are kept, and any text may be an emoji", () => {
  let crowd = message(1);
  for (let seq = 2; seq <= 26; seq += 1) crowd = withChange(crowd, { ...change(seq, { reacted: 1, emoji: "x", on: true }), user: `u${seq}` });
  assert.equal(crowd.reactions.x.count, 25);
  assert.deepEqual(crowd.reactions.x.users, Array.from({ length: 20 }, (_, index) => `u${index + 2}`));
  for (const emoji of ["__proto__", "constructor", "toString"]) {
    const odd = withChange(message(1), change(2, { reacted: 1, emoji, on: true }));
    assert.equal(JSON.stringify(odd.reactions), `{"${emoji}":{"count":1,"users":["Bob"]}}`);
  }
  assert.equal({}.count, undefined);
});

test("a change is a promise that its event fulfils, and a reaction that was there is done", async (t) => {
  const { client, socket } = await open(t);
  const [edit, react, remove] = [client.edit(1, "new"), client.react(1, "👍"), client.remove(2)];
  const sent = socket.sent.slice(1);
  assert.deepEqual(sent.map(({ id, ...rest }) => rest), [
    { edit: 1, message: "new" }, { react: 1, emoji: "👍", on: true }, { delete: 2 },
  ]);
  const outgoing = events(client, "outgoing");
  const changed = events(client, "changed");
  socket.say(change(1, { user: "Ada", id: sent[0].id, edited: 1, message: "new" }));
  socket.say({ done: "react", id: sent[1].id });
  socket.say({ error: { code: "forbidden", detail: "too late", id: sent[2].id } });
  assert.equal((await edit).seq, 1);
  assert.equal((await react).done, "react");
  await assert.rejects(remove, { code: "forbidden", message: "too late" });
  assert.deepEqual(outgoing.seen, []);
  assert.deepEqual(changed.seen.map(({ edited, own }) => [edited, own]), [[1, true]]);
});

test("a reply names its target", async (t) => {
  const { client, socket } = await open(t);
  const outgoing = events(client, "outgoing");
  const id = client.send("yes", { replyTo: 7 });
  assert.deepEqual(socket.sent.at(-1), { reply_to: 7, message: "yes", id });
  socket.say({ error: { code: "not_stored", id } });
  assert.deepEqual(outgoing.seen.map(({ replyTo, state }) => [replyTo, state]), [[7, "sending"], [7, "failed"]]);
});

test("a change without an answer goes again under its id, and counts once", async (t) => {
  const { server, client, socket } = await open(t);
  const changed = events(client, "changed");
  const edit = client.edit(1, "new");
  const { id } = socket.sent.at(-1);
  socket.refuse(1006);
  const next = await server.next();
  next.welcome({ resumed: true, last_seq: 1 });
  assert.deepEqual(next.sent.at(-1), { edit: 1, message: "new", id });
  const event = change(1, { user: "Ada", id, edited: 1, message: "new" });
  next.say(event);
  next.say(event);
  assert.equal((await edit).id, id);
  assert.equal(changed.seen.length, 1);
});

test("a change that was too fast goes again by itself", async (t) => {
  const { client, socket } = await open(t);
  const react = client.react(1, "x");
  const { id } = socket.sent.at(-1);
  socket.sent.length = 0;
  socket.say({ error: { code: "rate_limited", retry_after_ms: 1, id } });
  assert.equal((await socket.frame((frame) => frame.react)).id, id);
  socket.say({ done: "react", id });
  await react;
});

test("a change waits in the storage, and the next page carries it out without a row", async (t) => {
  const storage = new Storage();
  const { client, socket } = await open(t, { storage });
  client.edit(3, "kept").catch(() => {});
  const { id } = socket.sent.at(-1);
  assert.equal(client.isKept, true);
  const { server, client: next } = start(t, { storage });
  const outgoing = events(next, "outgoing");
  const later = await server.next();
  later.welcome();
  assert.deepEqual(await later.frame((frame) => frame.edit), { edit: 3, message: "kept", id });
  later.say(change(1, { user: "Ada", id, edited: 3, message: "kept" }));
  assert.equal(next.isKept, true);
  assert.deepEqual(Object.keys(storage), []);
  assert.deepEqual(outgoing.seen, []);
});

test("changes end with the chat, and connect() does not send them", async (t) => {
  const { server, client, socket } = await open(t);
  const remove = client.remove(1);
  client.send("stays");
  socket.refuse(4409);
  await assert.rejects(remove, { code: "too_many_connections" });
  await assert.rejects(client.edit(1, "x"), /ended/);
  client.connect();
  const next = await server.next();
  next.welcome({ resumed: true });
  assert.deepEqual(next.sent.slice(1).map(({ id, ...rest }) => rest), [{ message: "stays" }]);
});

test("a text that is too long and too many changes reject", async (t) => {
  const { client } = await open(t, { pendingMax: 1 });
  await assert.rejects(client.edit(1, "x".repeat(65536)), RangeError);
  client.react(1, "x").catch(() => {});
  await assert.rejects(client.react(1, "y"), RangeError);
});

test("a deleted message of the history has no text", async (t) => {
  const { client, socket } = await open(t);
  const messages = events(client, "message");
  socket.say({ seq: 1, time: TIME, user: "Bob", deleted: true, changed_seq: 2 });
  assert.deepEqual(messages.seen, [
    { seq: 1, time: TIME, user: "Bob", deleted: true, changed_seq: 2, message: "", own: false },
  ]);
});

test("older messages that were read before a change contain it all the same", async (t) => {
  const { client, socket } = await open(t);
  for (const seq of [1, 2, 3, 4, 5]) socket.say(message(seq));
  socket.say(message(6));
  const asked = client.loadOlder({ before: 4 });
  socket.say(change(7, { edited: 2, message: "new" }));
  socket.say(change(8, { deleted: 3 }));
  socket.say({ history: [message(2), message(3, { changed_seq: 8, deleted: true, message: undefined })], more: true });
  assert.deepEqual((await asked).messages.map(({ message: text, changed_seq: at }) => [text, at]), [["new", 7], ["", 8]]);
});
