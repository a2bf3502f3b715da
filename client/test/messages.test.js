import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatClient } from "../lib/chat-client.js";
import { ChatView } from "../view.js";
import { FakeServer, events } from "./fake-server.js";

const isMessage = (frame) => frame.message !== undefined;

const message = (seq, more = {}) => ({ seq, time: "2026-01-01T00:00:00.000Z", user: "Ada", message: `text ${seq}`, ...more });

function start(options = {}) {
  const server = new FakeServer();
  const client = new ChatClient({
    url: "ws://chat.example/", sessionKey: "k", WebSocket: server.WebSocket, backoffMinMs: 1, ...options,
  });
  client.connect();
  return { server, client };
}

test("after a lost connection it goes on where it was, and passes nothing on twice", async (t) => {
  const { server, client } = start();
  t.after(() => client.close());
  const messages = events(client, "message");
  const first = await server.next();
  first.welcome({ last_seq: 2 });
  first.say(message(1));
  first.say(message(2));
  first.refuse(1006);
  const second = await server.next();
  assert.equal(second.url.searchParams.get("after"), "2");
  assert.equal(second.url.searchParams.get("epoch"), "e");
  second.welcome({ last_seq: 3, resumed: true });
  second.say(message(2));
  second.say(message(3));
  assert.deepEqual(messages.seen.map(({ seq }) => seq), [1, 2, 3]);
});

test("two people of one name are told apart", async (t) => {
  const { server, client } = start();
  t.after(() => client.close());
  const messages = events(client, "message");
  const socket = await server.next();
  socket.welcome({ user: "Sam", user_id: "1" });
  socket.say(message(1, { user: "Sam", user_id: "1" }));
  socket.say(message(2, { user: "Sam", user_id: "2" }));
  socket.say(message(3, { user: "Sam" }));
  assert.deepEqual(messages.seen.map(({ own }) => own), [true, false, false]);
});

test("a new name in the middle of sending settles what waits", async (t) => {
  const { server, client } = start();
  t.after(() => client.close());
  const outgoing = events(client, "outgoing");
  const socket = await server.next();
  socket.welcome();
  const id = client.send("before");
  await socket.frame(isMessage);
  socket.say({ session: { user: "Ada King", role: "member" } });
  socket.say(message(1, { user: "Ada King", message: "before", id }));
  assert.equal((await outgoing.next(({ state }) => state === "stored")).id, id);
  assert.equal(client.welcome.user, "Ada King");
});

test("a connection that answers nothing is replaced, and the message goes again", async (t) => {
  const { server, client } = start({ ackTimeoutMs: 20, tickMs: 5 });
  t.after(() => client.close());
  const dead = await server.next();
  dead.welcome();
  const id = client.send("into the void");
  await dead.frame(isMessage);
  const next = await server.next();
  next.welcome();
  assert.deepEqual(await next.frame(isMessage), { message: "into the void", id });
  assert.equal(dead.isClosed, true);
});

test("the view follows the client", async (t) => {
  const { server, client } = start();
  t.after(() => client.close());
  const view = new ChatView(client);
  let changes = 0;
  const stop = view.subscribe(() => (changes += 1));
  const socket = await server.next();
  socket.welcome({ last_seq: 1 });
  socket.say(message(1));
  const id = client.send("mine");
  assert.equal(view.read().state, "open");
  assert.deepEqual(view.read().outgoing.map((each) => each.id), [id]);
  socket.say(message(2, { message: "mine", id }));
  assert.deepEqual(view.read().messages.map(({ seq }) => seq), [1, 2]);
  assert.deepEqual(view.read().outgoing, []);
  stop();
  const before = changes;
  socket.say(message(3));
  assert.equal(changes, before);
  assert.notEqual(before, 0);
});
