/**
 * The protocol half of a Roomcast chat: one WebSocket that comes back by itself, loses nothing and shows nothing twice.
 *
 *     import { ChatClient } from "https://chat.example/chat-client.js";
 *     const chat = new ChatClient({ url: "wss://chat.example:56412/", sessionKey: key });
 *     chat.addEventListener("message", ({ detail }) => show(detail.user, detail.message));
 *     chat.connect();
 *     chat.send("Hello");
 *
 * Events (each a CustomEvent; the data is in `detail`):
 *   state     {state: "connecting" | "open" | "reconnecting" | "ended", inMs?, reason?, code?}
 *   welcome   the server's first frame: {user, room, role, epoch, last_seq, resumed}
 *   reset     {reason}: forget every message shown so far; fresh history follows
 *   message   {seq, time, user, message, id?, own}: in the order of seq, each once
 *   outgoing  {id, text, state: "sending" | "stored" | "failed", message?, error?}: the life of an own message
 *   edited, deleted   a change to an earlier message, in the same order as messages
 *   presence, typing  passed on as they come (ask for them with the option `events`)
 *   refused   {code, detail?}: an error that belongs to no message of ours
 *   ignored   {frame}: something this version does not know
 */

import { Outbox } from "./chat-outbox.js";
import { Reconnect } from "./chat-reconnect.js";

const DEFAULTS = {
  history: undefined, // the server's own default
  events: undefined, // for example "presence,typing"
  pendingMax: 100, // own messages not yet stored
  inFlightMax: 16, // of these, sent and not yet answered: keeps a resend below the rate limit's burst
  frameBytesMax: 65536, // the server's limits.message_bytes_max
  backoffMinMs: 500,
  backoffMaxMs: 30000,
  handshakeTimeoutMs: 15000,
  historyWaitMs: 1000, // a server may be set to send none
  steadyMs: 10000, // a connection that lived this long starts the backoff anew
};

/** A connection to one room, by one session. */
export class ChatClient extends EventTarget {
  #options;
  #socket = null;
  #authenticated = false;
  #held = false; // nothing is sent until the history is in
  #position = null; // the last seq passed on; null until the room is known
  #oldest = null; // the first seq passed on
  #room = null;
  #epoch = null;
  #outbox;
  #older = []; // requests for older history, in the order in which they are answered
  #reconnect;
  #timers = { retry: 0, handshake: 0, hold: 0, pause: 0 };
  #watch = null; // ends the listeners of connect()

  /** The server's first frame of the present session, or null. */
  welcome = null;

  /** The seq of the last message passed on, or null. */
  get position() {
    return this.#position;
  }

  /** The state last told by the event `state`. */
  state = "idle";

  /** @param {{url: string|URL, sessionKey: string}} options and any of the defaults above. */
  constructor(options) {
    super();
    if (!options?.url || !options.sessionKey) throw new TypeError("ChatClient needs url and sessionKey");
    this.#options = { ...DEFAULTS, ...options };
    this.#outbox = new Outbox(this.#options);
    this.#reconnect = new Reconnect(this.#options);
  }

  /** Opens the connection and keeps it until `close()` or a final close code. */
  connect() {
    if (this.#watch) return;
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    globalThis.addEventListener?.("online", () => this.#wake(), { signal });
    globalThis.addEventListener?.("offline", () => this.#socket && this.#lose(), { signal });
    const { document } = globalThis;
    document?.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    this.#open();
  }

  /** Ends the connection for good. */
  close() {
    this.#end("closed", 1000);
  }

  /**
   * Says something. The text waits here until the server has stored it, over reconnects of any length.
   * @returns {string} the id that `outgoing` events carry.
   * @throws {RangeError} when the text is too long or too many messages wait already; {Error} when the connection ended.
   */
  send(text) {
    if (this.state === "ended") throw new Error("This chat has ended.");
    const id = this.#outbox.add(text);
    this.#tell("outgoing", { id, text, state: "sending" });
    this.#flush();
    return id;
  }

  /**
   * Asks for messages older than `before` (default: the oldest passed on).
   * @returns {Promise<{messages: object[], more: boolean}>} oldest first; rejected when the connection is lost or refuses.
   */
  loadOlder({ before = this.#oldest, limit = 100 } = {}) {
    const same = this.#older.find((each) => each.before === before);
    if (same) return same.promise;
    if (before === null || before <= 1) return Promise.resolve({ messages: [], more: false });
    if (!this.#authenticated) return Promise.reject(new Error("Not connected."));
    const request = { before, ...Promise.withResolvers() };
    this.#older.push(request);
    this.#socket.send(JSON.stringify({ history: { before, limit } }));
    return request.promise;
  }

  /** Tells the others that this user is writing (never stored, may be dropped). */
  typing() {
    if (this.#authenticated) this.#socket.send('{"typing":true}');
  }

  #open() {
    clearTimeout(this.#timers.retry);
    this.#become("connecting");
    const { url: base, history, events } = this.#options;
    const url = new URL(base);
    const after = this.#position;
    const query = { after, epoch: after === null ? null : this.#epoch, history, events };
    for (const [name, value] of Object.entries(query)) if (value != null) url.searchParams.set(name, value);
    const socket = new WebSocket(url);
    this.#socket = socket;
    // The key goes in the first frame, never into the URL: addresses end up in logs.
    socket.onopen = () => socket.send(JSON.stringify({ session_key: this.#options.sessionKey }));
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#closed(code, reason);
    this.#timers.handshake = setTimeout(() => this.#lose(), this.#options.handshakeTimeoutMs);
  }

  #receive(data) {
    const frame = parsed(data);
    if (frame === null || typeof frame !== "object") return this.#tell("ignored", { frame: data });
    if (frame.authenticated === true) return this.#welcomed(frame);
    if (!this.#authenticated) return this.#tell("ignored", { frame });
    if (Number.isSafeInteger(frame.seq)) return this.#sequenced(frame);
    if (Array.isArray(frame.history)) return this.#gotOlder(frame);
    if (frame.error !== null && typeof frame.error === "object") return this.#failed(frame.error);
    if (frame.presence) return this.#tell("presence", frame.presence);
    if (frame.typing) return this.#tell("typing", { user: frame.typing });
    this.#tell("ignored", { frame });
  }

  #welcomed(frame) {
    const known = this.#position !== null;
    if (known && frame.resumed && frame.room !== this.#room) {
      // The session was moved: numbers of another room mean nothing here, so the server must start over.
      this.#forget("room");
      this.#socket.close();
      this.#detach();
      return this.#open();
    }
    clearTimeout(this.#timers.handshake);
    if (known && !frame.resumed) this.#forget(frame.reset ?? "epoch");
    this.#room = frame.room;
    this.#epoch = frame.epoch ?? null;
    this.#authenticated = true;
    this.#reconnect.opened();
    // With no history to come, the room's end is where live messages begin.
    if (this.#position === null && (frame.last_seq === 0 || this.#options.history === 0)) {
      this.#position = frame.last_seq ?? null;
    }
    this.welcome = frame;
    this.#tell("welcome", frame);
    this.#become("open");
    // Fresh history first: the answer to a repeated send must not be taken for its beginning.
    this.#held = this.#position === null;
    if (this.#held) this.#timers.hold = setTimeout(() => this.#release(), this.#options.historyWaitMs);
    this.#flush();
  }

  #release() {
    this.#held = false;
    this.#flush();
  }

  #sequenced(frame) {
    const own = frame.user === this.welcome.user;
    const ours = own && typeof frame.message === "string" && this.#outbox.has(frame.id);
    // The answer to a repeated send may overtake the messages before it: it settles the send, and is shown in its turn.
    const early = ours && this.#position !== null && frame.seq > this.#position + 1;
    if (!early && (this.#position === null || frame.seq > this.#position)) {
      this.#position = frame.seq;
      this.#oldest ??= frame.seq;
      if (frame.edited !== undefined) this.#tell("edited", frame);
      else if (frame.deleted !== undefined) this.#tell("deleted", frame);
      else if (typeof frame.message === "string") this.#tell("message", { ...frame, own });
      else this.#tell("ignored", { frame });
    }
    if (ours) this.#settle(frame.id, { state: "stored", message: frame });
    if (this.#held && frame.seq >= this.welcome.last_seq) this.#release();
  }

  #gotOlder(frame) {
    const request = this.#older.shift();
    if (!request) return this.#tell("ignored", { frame });
    const messages = frame.history.filter((each) => each?.seq < request.before);
    for (const each of messages) each.own = each.user === this.welcome.user;
    if (messages.length > 0) this.#oldest = Math.min(this.#oldest ?? Infinity, messages[0].seq);
    request.resolve({ messages, more: frame.more === true && messages.length > 0 });
  }

  #failed(error) {
    const ours = this.#outbox.has(error.id);
    if (ours && error.code === "rate_limited") {
      // Not a failure yet: said too fast, so said again when the server allows it.
      const wait = Math.max(100, error.retry_after_ms ?? 1000);
      this.#outbox.pause(error.id, wait);
      clearTimeout(this.#timers.pause);
      this.#timers.pause = setTimeout(() => this.#flush(), wait + 20);
    } else if (ours) {
      this.#settle(error.id, { state: "failed", error });
    } else {
      this.#older.shift()?.reject(new Error(error.code));
      this.#tell("refused", error);
    }
  }

  #settle(id, outcome) {
    this.#tell("outgoing", { id, text: this.#outbox.take(id), ...outcome });
    this.#flush();
  }

  #flush() {
    if (this.#authenticated && !this.#held) this.#outbox.flush((frame) => this.#socket.send(frame));
  }

  #closed(code, reason) {
    this.#detach();
    const final = Reconnect.finalReason(code);
    if (final) return this.#end(final, code);
    const inMs = this.#reconnect.delay(code, reason);
    this.#timers.retry = setTimeout(() => this.#open(), inMs);
    this.#become("reconnecting", { inMs, code });
  }

  #lose() {
    this.#socket?.close();
    this.#closed(1006, "");
  }

  #wake() {
    if (this.state === "reconnecting") this.#open();
  }

  #forget(reason) {
    this.#position = null;
    this.#oldest = null;
    this.#tell("reset", { reason });
  }

  #detach() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#socket = null;
    this.#authenticated = false;
    this.#outbox.rewind();
    for (const { reject } of this.#older.splice(0)) reject(new Error("Connection lost."));
  }

  #end(reason, code) {
    if (this.state === "ended") return;
    this.#socket?.close();
    this.#detach();
    this.#watch?.abort();
    this.#become("ended", { reason, code });
    for (const { id, text } of this.#outbox.drain()) {
      this.#tell("outgoing", { id, text, state: "failed", error: { code: reason } });
    }
  }

  #become(state, more = {}) {
    this.state = state;
    this.#tell("state", { state, ...more });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
