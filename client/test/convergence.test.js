import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatClient, withChange } from "../lib/chat-client.js";
import { FakeServer } from "./fake-server.js";

const SEEDS = Number(process.env.CHAT_SEEDS ?? 100);
const STEPS = 80;
const EMOJI = ["👍", "🎉", "1", "__proto__", "constructor"];
const PEOPLE = Array.from({ length: 25 }, (_, index) => `person ${index}`);

/** Pseudo-random numbers that a seed repeats (mulberry32). */
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return { below, pick: (list) => list[below(list.length)], chance: (share) => next() < share };
}

/**
 * What a room is, told from the commands and not from the events: for each message who reacted, in order, and its newest
 * text. It knows nothing of `withChange`.
 */
class Room {
  last = 0;
  messages = []; // {seq, user, texts, reply, isDeleted, editedSeq, changedSeq, reactors: Map of emoji to names}
  changes = []; // {seq, user, target, kind, text, emoji, rest}

  say(user, reply) {
    const seq = ++this.last;
    this.messages.push({ seq, user, text: `text ${seq}`, reply, isDeleted: false, reactors: new Map() });
  }

  edit(target, user) {
    const seq = ++this.last;
    this.#supersede(target);
    Object.assign(target, { text: `edit ${seq}`, editedSeq: seq, changedSeq: seq });
    this.changes.push({ seq, user, target: target.seq, kind: "edited", text: target.text });
  }

  delete(target, user) {
    const seq = ++this.last;
    this.#supersede(target);
    Object.assign(target, { isDeleted: true, changedSeq: seq });
    this.changes.push({ seq, user, target: target.seq, kind: "deleted" });
  }

  react(target, user, emoji) {
    const seq = ++this.last;
    const names = target.reactors.get(emoji) ?? [];
    const on = !names.includes(user);
    const left = on ? [...names, user] : names.filter((each) => each !== user);
    if (left.length > 0) target.reactors.set(emoji, left);
    else target.reactors.delete(emoji);
    target.changedSeq = seq;
    this.changes.push({ seq, user, target: target.seq, kind: "reacted", emoji, on, left });
  }

  /** A later change removes the text of an earlier edit. */
  #supersede(target) {
    for (const each of this.changes) if (each.target === target.seq && each.kind === "edited") each.text = "";
  }

  frameOf({ seq, user, text, reply, isDeleted, editedSeq, changedSeq, reactors }) {
    const frame = { seq, time: "2026-01-01T00:00:00.000Z", user };
    if (isDeleted) frame.deleted = true;
    else frame.message = text;
    if (reply) frame.reply_to = reply;
    if (editedSeq && !isDeleted) frame.edited_seq = editedSeq;
    if (changedSeq) frame.changed_seq = changedSeq;
    if (reactors.size > 0 && !isDeleted) {
      const entries = [...reactors].map(([emoji, names]) => [emoji, { count: names.length, users: names.slice(0, 20) }]);
      frame.reactions = Object.fromEntries(entries);
    }
    return frame;
  }

  eventOf({ seq, user, target, kind, text, emoji, on, left }) {
    const frame = { seq, time: "2026-01-01T00:00:00.000Z", user, [kind]: target };
    if (kind === "edited") frame.message = text;
    if (kind === "reacted") Object.assign(frame, { emoji, on });
    // Who reacted with this emoji after that is in each event; one that adds somebody may leave it out.
    const isNamed = !on || seq % 2 === 0;
    if (kind === "reacted" && isNamed) Object.assign(frame, { count: left.length, users: left.slice(0, 20) });
    return frame;
  }

  /** The rows from a seq on, as they are now. */
  rows(from) {
    const rows = [...this.messages.map((each) => this.frameOf(each)), ...this.changes.map((each) => this.eventOf(each))];
    return rows.filter(({ seq }) => seq >= from).sort((one, other) => one.seq - other.seq);
  }

  /** The newest so many messages before a seq. */
  newest(count, before = Infinity) {
    return this.messages.filter(({ seq }) => seq < before).slice(-count);
  }
}

/** An application that shows a room: only what the client's events tell it. */
class Application {
  shown = new Map();

  constructor(server, options) {
    this.client = new ChatClient({ url: "ws://chat.example/", sessionKey: "k", WebSocket: server.WebSocket, backoffMinMs: 0, backoffMaxMs: 0, ...options });
    const on = (name, act) => this.client.addEventListener(name, ({ detail }) => act(detail));
    on("reset", () => this.shown.clear());
    on("message", (message) => this.shown.set(message.seq, message));
    on("changed", (change) => {
      const [target] = [change.edited, change.deleted, change.reacted].filter(Number.isSafeInteger);
      const message = this.shown.get(target);
      if (message) this.shown.set(target, withChange(message, change));
    });
    this.client.connect();
  }

  async older() {
    const { messages } = await this.client.loadOlder({ limit: 3 }).catch(() => ({ messages: [] }));
    for (const each of messages) this.shown.set(each.seq, each);
  }
}

/** One connection's way through random steps of a room, as the server would answer it. */
class Walk {
  #sent = 0; // the seq up to which the connection has been told
  #socket = null;
  #answers = []; // histories that were read and are not sent yet

  constructor(dice, room) {
    Object.assign(this, { dice, room, server: new FakeServer() });
    this.application = new Application(this.server, { history: 5 });
  }

  async connect() {
    this.#socket = await this.server.next();
    const { searchParams } = this.#socket.url;
    const after = searchParams.get("after");
    const isResumed = after !== null && !this.dice.chance(0.2);
    this.#sent = isResumed ? Number(after) : (this.room.newest(5)[0]?.seq ?? this.room.last + 1) - 1;
    this.#socket.welcome({ last_seq: this.room.last, resumed: isResumed, reset: isResumed || after === null ? undefined : "epoch" });
    this.tell();
  }

  tell(limit = Infinity) {
    if (!this.#socket) return;
    for (const row of this.room.rows(this.#sent + 1).slice(0, limit)) {
      this.#socket.say(row);
      this.#sent = row.seq;
    }
  }

  ask() {
    if (!this.#socket || this.#answers.length > 0) return;
    void this.application.older();
    const asked = this.#socket.sent.at(-1).history;
    if (!asked) return;
    // Read now, sent later: changes that are told meanwhile are not in it.
    const older = this.room.newest(asked.limit, asked.before);
    this.#answers.push({ history: older.map((each) => this.room.frameOf(each)), more: true });
    this.#socket.sent.push({});
  }

  async answer() {
    for (const each of this.#answers.splice(0)) this.#socket.say(each);
    await Promise.resolve();
  }

  async lose() {
    if (!this.#socket) return;
    this.#answers.length = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket.refuse(1006);
    await this.connect();
  }
}

function act(dice, room) {
  const target = dice.pick(room.messages.slice(-8).filter(({ isDeleted }) => !isDeleted)) ?? null;
  const user = dice.pick(PEOPLE);
  const kind = target ? dice.below(10) : 0;
  if (kind < 3) return room.say(user, dice.chance(0.3) && target ? target.seq : undefined);
  if (kind < 5) return room.edit(target, user);
  if (kind < 6) return room.delete(target, user);
  const emoji = dice.pick(EMOJI);
  // Sometimes all react: more than are listed.
  for (const each of dice.chance(0.1) ? PEOPLE : [user]) room.react(target, each, emoji);
}

test(`whatever a client missed, it shows the state that a fresh load shows (${SEEDS} seeds)`, async (t) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const dice = random(seed);
    const room = new Room();
    for (let count = dice.below(12); count > 0; count -= 1) act(dice, room);
    const walk = new Walk(dice, room);
    t.after(() => walk.application.client.close());
    await walk.connect();
    for (let step = 0; step < STEPS; step += 1) {
      const kind = dice.below(10);
      if (kind < 5) act(dice, room);
      else if (kind < 7) walk.tell(dice.below(4));
      else if (kind < 8) walk.ask();
      else if (kind < 9) await walk.answer();
      else if (dice.chance(0.3)) await walk.lose();
    }
    walk.tell();
    await walk.answer();
    await new Promise(setImmediate);
    const oldest = Math.min(...walk.application.shown.keys());
    const expected = room.messages.filter(({ seq }) => seq >= oldest)
      .map((each) => ({ message: "", ...room.frameOf(each) }));
    const shown = [...walk.application.shown.values()].sort((one, other) => one.seq - other.seq)
      .map(({ own, ...message }) => message);
    assert.deepEqual(shown, expected, `seed ${seed}`);
    walk.application.client.close();
  }
});
