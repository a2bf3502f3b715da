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

/** Close codes after which coming back is useless, and what they mean to the reader. */
const FINAL = new Map([
  [1002, "protocol_error"],
  [1003, "protocol_error"],
  [1007, "protocol_error"],
  [1009, "message_too_big"],
  [4401, "invalid_session"],
  [4403, "revoked"],
  [4409, "too_many_connections"],
]);

const DEFAULTS = {
  history: undefined, // the server's own default
  events: undefined, // for example "presence,typing"
  pendingMax: 100, // own messages not yet stored
  inFlightMax: 16, // of these, sent and not yet answered: keeps a resend below the rate limit's burst
  frameBytesMax: 65536, // the server's limits.message_bytes_max
  backoffMinMs: 500,
  backoffMaxMs: 30000,
  handshakeTimeoutMs: 15000,
  steadyMs: 10000, // a connection that lived this long starts the backoff anew
};

/** A connection to one room, by one session. */
export class ChatClient extends EventTarget {
  #options;
  #socket = null;
  #authenticated = false;
  #position = null; // the last seq passed on; null until the room is known
  #oldest = null; // the first seq passed on
  #room = null;
  #epoch = null;
  #outbox;
  #older = null; // the one request for older history under way
  #attempt = 0;
  #openedAt = 0;
  #timers = { retry: 0, handshake: 0, pause: 0 };
  #unwatch = null;

  /** The server's first frame of the present session, or null. */
  welcome = null;

  /** The state last told by the event `state`. */
  state = "idle";

  /** @param {{url: string|URL, sessionKey: string}} options and any of the defaults above. */
  constructor(options) {
    super();
    if (!options?.url || !options.sessionKey) throw new TypeError("ChatClient needs url and sessionKey");
    this.#options = { ...DEFAULTS, ...options };
    this.#outbox = new Outbox(this.#options);
  }

  /** Opens the connection and keeps it until `close()` or a final close code. */
  connect() {
    if (this.#unwatch) return;
    const wake = () => globalThis.document?.visibilityState !== "hidden" && this.#wake();
    const sleep = () => this.#sleep();
    globalThis.addEventListener?.("online", wake);
    globalThis.addEventListener?.("offline", sleep);
    globalThis.document?.addEventListener("visibilitychange", wake);
    this.#unwatch = () => {
      globalThis.removeEventListener?.("online", wake);
      globalThis.removeEventListener?.("offline", sleep);
      globalThis.document?.removeEventListener("visibilitychange", wake);
    };
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
    if (this.#older) return this.#older.promise;
    if (before === null || before <= 1) return Promise.resolve({ messages: [], more: false });
    if (!this.#authenticated) return Promise.reject(new Error("Not connected."));
    const request = { before, ...Promise.withResolvers() };
    this.#older = request;
    this.#socket.send(JSON.stringify({ history: { before, limit } }));
    return request.promise;
  }

  /** Tells the others that this user is writing (never stored, may be dropped). */
  typing() {
    if (this.#authenticated) this.#socket.send('{"typing":true}');
  }

  #open() {
    this.#clearTimers();
    this.#become("connecting");
    const url = new URL(this.#options.url);
    if (this.#position !== null) {
      url.searchParams.set("after", this.#position);
      if (this.#epoch !== null) url.searchParams.set("epoch", this.#epoch);
    }
    if (this.#options.history !== undefined) url.searchParams.set("history", this.#options.history);
    if (this.#options.events !== undefined) url.searchParams.set("events", this.#options.events);

    const socket = new WebSocket(url);
    this.#socket = socket;
    // The key goes in the first frame, never into the URL: addresses end up in logs.
    socket.onopen = () => socket.send(JSON.stringify({ session_key: this.#options.sessionKey }));
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#closed(code, reason);
    this.#timers.handshake = setTimeout(() => this.#lose(), this.#options.handshakeTimeoutMs);
  }

  #receive(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      frame = null;
    }
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
      return this.#reopen();
    }
    clearTimeout(this.#timers.handshake);
    if (known && !frame.resumed) this.#forget(frame.reset ?? "epoch");
    this.#room = frame.room;
    this.#epoch = frame.epoch ?? null;
    this.#authenticated = true;
    this.#openedAt = Date.now();
    // With no history to come, the room's end is where live messages begin.
    if (this.#position === null && (frame.last_seq === 0 || this.#options.history === 0)) {
      this.#position = frame.last_seq ?? null;
    }
    this.welcome = frame;
    this.#tell("welcome", frame);
    this.#become("open");
    this.#flush();
  }

  #sequenced(frame) {
    const fresh = this.#position === null || frame.seq > this.#position;
    if (fresh) {
      this.#position = frame.seq;
      this.#oldest ??= frame.seq;
    }
    if (typeof frame.message === "string" && frame.edited === undefined) {
      const own = frame.user === this.welcome.user;
      if (fresh) this.#tell("message", { ...frame, own });
      // A repeat of an own message, answered with the original, is below the gate and settles the send all the same.
      if (own && this.#outbox.has(frame.id)) this.#settle(frame.id, { state: "stored", message: frame });
    } else if (fresh && frame.edited !== undefined) {
      this.#tell("edited", frame);
    } else if (fresh && frame.deleted !== undefined) {
      this.#tell("deleted", frame);
    } else if (fresh) {
      this.#tell("ignored", { frame });
    }
  }

  #gotOlder(frame) {
    const request = this.#older;
    if (!request) return this.#tell("ignored", { frame });
    this.#older = null;
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
      this.#dropOlder(new Error(error.code));
      this.#tell("refused", error);
    }
  }

  #settle(id, outcome) {
    this.#tell("outgoing", { id, text: this.#outbox.take(id), ...outcome });
    this.#flush();
  }

  #flush() {
    if (this.#authenticated) this.#outbox.flush((frame) => this.#socket.send(frame));
  }

  #closed(code, reason) {
    this.#detach();
    if (FINAL.has(code)) return this.#end(FINAL.get(code), code);
    if (this.#openedAt && Date.now() - this.#openedAt > this.#options.steadyMs) this.#attempt = 0;
    this.#openedAt = 0;
    const told = code === 1001 || code === 1012 ? /\bretry_ms=(\d{1,7})\b/.exec(reason) : null;
    const inMs = told ? Math.min(Number(told[1]), 600000) : this.#backoff();
    this.#attempt += 1;
    this.#timers.retry = setTimeout(() => this.#open(), inMs);
    this.#become("reconnecting", { inMs, code });
  }

  /** Exponential, between half and all of each step, so that a crowd does not come back in one wave. */
  #backoff() {
    const step = Math.min(this.#options.backoffMaxMs, this.#options.backoffMinMs * 2 ** this.#attempt);
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  #lose() {
    this.#socket?.close();
    this.#closed(1006, "");
  }

  #reopen() {
    this.#socket?.close();
    this.#detach();
    this.#open();
  }

  #wake() {
    if (this.state === "reconnecting") this.#open();
  }

  #sleep() {
    if (this.state === "open" || this.state === "connecting") this.#lose();
  }

  #forget(reason) {
    this.#position = null;
    this.#oldest = null;
    this.#tell("reset", { reason });
  }

  #detach() {
    this.#clearTimers();
    this.#socket = null;
    this.#authenticated = false;
    this.#outbox.rewind();
    this.#dropOlder(new Error("Connection lost."));
  }

  #dropOlder(error) {
    this.#older?.reject(error);
    this.#older = null;
  }

  #end(reason, code) {
    if (this.state === "ended") return;
    this.#socket?.close();
    this.#detach();
    this.#unwatch?.();
    this.#become("ended", { reason, code });
    for (const { id, text } of this.#outbox.drain()) {
      this.#tell("outgoing", { id, text, state: "failed", error: { code: reason } });
    }
  }

  #clearTimers() {
    Object.values(this.#timers).forEach(clearTimeout);
  }

  #become(state, more = {}) {
    this.state = state;
    this.#tell("state", { state, ...more });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
