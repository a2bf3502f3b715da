import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatClient } from "../lib/chat-client.js";
import { FakeServer, events } from "./fake-server.js";

const URL_ = "ws://chat.example/";
const isMessage = (frame) => frame.message !== undefined;

/** A client whose application answers with these sessions in turn; an Error is thrown. */
function start(answers, options = {}) {
  const server = new FakeServer();
  const asked = [];
  const getSession = async () => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(answer);
    if (answer instanceof Error) throw answer;
    return answer && { url: URL_, sessionKey: answer };
  };
  const client = new ChatClient({ getSession, WebSocket: server.WebSocket, backoffMinMs: 1, backoffMaxMs: 2, ...options });
  client.connect();
  return { server, asked, client };
}

test("the key is asked for and sent in the first frame, never in the address", async (t) => {
  const { server, client } = start(["k1"]);
  t.after(() => client.close());
  const socket = await server.next();
  assert.deepEqual(socket.sent, [{ session_key: "k1" }]);
  assert.equal(socket.url.href.includes("k1"), false);
});

test("what waits is sent with the key that follows a refused one, under the same id", async (t) => {
  const { server, asked, client } = start(["old", "new"]);
  t.after(() => client.close());
  const first = await server.next();
  first.welcome();
  const outgoing = events(client, "outgoing");
  const id = client.send("in the middle of it");
  await first.frame(isMessage);
  first.refuse(4401);
  const second = await server.next();
  assert.deepEqual(second.sent, [{ session_key: "new" }]);
  second.welcome();
  assert.deepEqual(await second.frame(isMessage), { message: "in the middle of it", id });
  second.say({ seq: 1, time: "2026-01-01T00:00:00.000Z", user: "Ada", message: "in the middle of it", id });
  await outgoing.next(({ state }) => state === "stored");
  assert.deepEqual(asked, ["old", "new"]);
});

test("keys that are refused again and again end the chat, and the texts stay for the next connect()", async (t) => {
  const { server, asked, client } = start(["bad"]);
  t.after(() => client.close());
  client.send("kept");
  const states = events(client, "state");
  for (let count = 0; count < 4; count += 1) (await server.next()).refuse(4401);
  assert.equal((await states.next(({ state }) => state === "ended")).reason, "invalid_session");
  assert.equal(asked.length, 4);
  client.connect();
  const socket = await server.next();
  socket.welcome();
  assert.equal((await socket.frame(isMessage)).message, "kept");
});

test("a failing application is asked again", async (t) => {
  const { server, asked, client } = start([new Error("offline"), new Error("offline"), "k"]);
  t.after(() => client.close());
  assert.deepEqual((await server.next()).sent, [{ session_key: "k" }]);
  assert.equal(asked.length, 3);
});

test("an answer that is no session counts as a failure", async (t) => {
  const server = new FakeServer();
  let count = 0;
  const getSession = async () => (count++ === 0 ? { key: "k" } : { url: URL_, sessionKey: "k" });
  const client = new ChatClient({ getSession, WebSocket: server.WebSocket, backoffMinMs: 1 });
  t.after(() => client.close());
  client.connect();
  assert.deepEqual((await server.next()).sent, [{ session_key: "k" }]);
  assert.equal(count, 2);
});

test("null ends the chat: nobody is signed in", async () => {
  const { client } = start([null]);
  const { reason } = await events(client, "state").next(({ state }) => state === "ended");
  assert.equal(reason, "no_session");
});

test("a key that never worked ends a client with a fixed session", async () => {
  const server = new FakeServer();
  const client = new ChatClient({ url: URL_, sessionKey: "k", WebSocket: server.WebSocket });
  const states = events(client, "state");
  client.connect();
  (await server.next()).refuse(4401);
  assert.equal((await states.next(({ state }) => state === "ended")).reason, "invalid_session");
});

test("close() while the application is asked opens nothing", async () => {
  const server = new FakeServer();
  let answer;
  const getSession = () => new Promise((resolve) => (answer = resolve));
  let opened = 0;
  class Counting extends server.WebSocket {
    constructor(url) {
      super(url);
      opened += 1;
    }
  }
  const client = new ChatClient({ getSession, WebSocket: Counting });
  client.connect();
  client.close();
  answer({ url: URL_, sessionKey: "k" });
  await new Promise(setImmediate);
  assert.equal(opened, 0);
  assert.equal(client.state, "ended");
});

test("what one person wrote is not sent in the name of another", async (t) => {
  const { server, client } = start(["ada", "bob"]);
  t.after(() => client.close());
  const outgoing = events(client, "outgoing");
  const first = await server.next();
  first.welcome({ user: "Sam", user_id: "1" });
  client.send("by the first");
  first.refuse(4401);
  const second = await server.next();
  second.welcome({ user: "Sam", user_id: "2" });
  assert.equal((await outgoing.next(({ state }) => state === "failed")).error.code, "moved");
  const id = client.send("by the second");
  assert.deepEqual(await second.frame(isMessage), { message: "by the second", id });
});

test("options without a session are an error at once", () => {
  assert.throws(() => new ChatClient({}), TypeError);
  assert.throws(() => new ChatClient({ url: URL_ }), TypeError);
});
