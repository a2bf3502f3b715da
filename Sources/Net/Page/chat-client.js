/**
 * The protocol of a Roomcast chat: a WebSocket that reconnects by itself, loses no message and passes none on twice.
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
 *   message   {seq, time, user, message, id?, own, …}: in the order of seq, each once, as earlier changes have left it
 *   changed   {seq, edited | deleted | reacted, …, own}: a change of an earlier message, in the same order as messages;
 *             `withChange(message, change)` makes the new message of it
 *   outgoing  {id, text, replyTo?, state: "sending" | "stored" | "failed", message?, error?}: the life of an own message
 *   session   {user, role}: the session of this connection has changed
 *   presence, typing  passed on as they come (ask for them with the option `events`)
 *   refused   {code, detail?}: an error that belongs to no message of ours
 *   ignored   {frame}: something this version does not know
 */

import { Answers } from "./chat-answers.js";
import { Connection } from "./chat-connection.js";
import { OlderHistory } from "./chat-history.js";
import { Kept, digestOf } from "./chat-kept.js";
import { Liveness } from "./chat-liveness.js";
import { messageOf, targetOf } from "./chat-messages.js";
import { DEFAULTS } from "./chat-options.js";
import { Outbox, isChange } from "./chat-outbox.js";
import { Person } from "./chat-person.js";
import { Position } from "./chat-position.js";
import { Reconnect } from "./chat-reconnect.js";
import { SessionSource } from "./chat-session.js";

export { withChange } from "./chat-messages.js";

const ENDS_SESSION = new Set(["invalid_session", "revoked"]); // own messages are not kept for another connection

/** A connection to one room, by one session. */
export class ChatClient extends EventTarget {
  #options;
  #source;
  #person = new Person();
  #connection = null;
  #asking = null; // the request for a session that is awaited
  #authenticated = false;
  #held = false; // nothing is sent until the history is in
  #position = new Position();
  #outbox;
  #answers = new Answers();
  #older = new OlderHistory();
  #reconnect;
  #liveness;
  #timers = { retry: 0, hold: 0, pause: 0 };
  #watch = null; // ends the listeners of connect()

  /** The server's first frame, with what has changed since (see the event `session`); null before it. */
  welcome = null;

  /** The state last told by the event `state`. */
  state = "idle";

  /**
   * @param {object} options `url` and `sessionKey`, or `getSession`, a function that promises both; and any of
   *   chat-options.js. `getSession` is called at the start and when the key is refused or has expired.
   */
  constructor(options) {
    super();
    this.#source = new SessionSource(options ?? {});
    this.#options = { ...DEFAULTS, ...options };
    const { storage, storageKey = this.#options.sessionKey } = this.#options;
    const kept = new Kept((storageKey && storage) ?? null, digestOf(storageKey ?? ""), "outbox");
    this.#outbox = new Outbox(this.#options, kept);
    this.#reconnect = new Reconnect(this.#options);
    this.#liveness = new Liveness(this.#options, {
      // Own messages need their answer; for history it is enough that the connection brings anything.
      waitingSince: () => [this.#outbox.sentAt, this.#older.silentSince],
      lost: () => this.#connection && this.#closed(1006, ""),
      awake: (isLong) => this.#awake(isLong),
    });
  }

  /** The seq of the last message passed on, or null. */
  get position() {
    return this.#position.last;
  }

  /** Whether a reload would lose nothing: the option `storage` holds every message that waits, or none waits. */
  get isKept() {
    return this.#outbox.isKept;
  }

  /** Opens the connection and keeps it until `close()` or a final close code; after either it may be called again. */
  connect() {
    if (this.#watch) return;
    this.#watch = new AbortController();
    this.#liveness.start(this.#watch.signal);
    for (const entry of this.#outbox.untold()) this.#tellOutcome(entry, { state: "sending" });
    this.#open();
  }

  /** Ends the connection for good. */
  close() {
    this.#end("closed", 1000);
  }

  /**
   * Says something. The text waits here until the server has stored it, over reconnects of any length.
   * @param {{id?: string, replyTo?: number}} options the id of an earlier message: if the server has stored that one, it
   *   answers with it; the seq of a message that this one replies to.
   * @returns {string} the id that `outgoing` events carry.
   * @throws {RangeError} when the text is too long or too many messages wait already; {Error} when the connection ended.
   */
  send(text, { id, replyTo } = {}) {
    if (this.#outbox.has(id)) return id;
    return this.#add(text, replyTo == null ? undefined : { reply_to: replyTo }, id);
  }

  /**
   * Gives an own message another text; a moderator may do so with any. Like a message, it waits for the server as long as it
   * takes, and is carried out once.
   * @returns {Promise<object>} the change as the server stored it. Rejected with an Error that has a `code`, for example
   *   "forbidden" or "not_found", or with what `send` throws.
   */
  edit(seq, text) {
    return this.#change({ edit: seq }, text);
  }

  /** Deletes an own message; a moderator any. @returns like `edit`. */
  remove(seq) {
    return this.#change({ delete: seq });
  }

  /** Sets or withdraws a reaction. @returns like `edit`; the answer has no `seq` if the reaction was as wanted already. */
  react(seq, emoji, on = true) {
    return this.#change({ react: seq, emoji, on });
  }

  /** Forgets an own message that failed because the connection ended: `connect()` does not send it again. */
  discard(id) {
    if (this.#outbox.has(id)) this.#outbox.take(id);
  }

  /**
   * Asks for messages older than `before` (default: the oldest passed on).
   * @returns {Promise<{messages: object[], more: boolean}>} oldest first; rejected when the connection is lost or refuses.
   */
  loadOlder({ before = this.#position.oldest, limit = 100 } = {}) {
    if (before === null || before <= 1) return Promise.resolve({ messages: [], more: false });
    if (!this.#authenticated) return Promise.reject(new Error("Not connected."));
    return this.#older.ask({ before, limit }, (frame) => this.#connection.send(frame));
  }

  async #change(more, text) {
    return this.#answers.promise(this.#add(text, more));
  }

  #add(text, more, id) {
    if (this.state === "ended") throw new Error("This chat has ended.");
    const added = this.#outbox.add(text, { id, more, room: this.welcome?.room ?? null });
    if (!isChange({ more })) this.#tellOutcome({ id: added, text, more }, { state: "sending" });
    this.#flush();
    return added;
  }

  #open() {
    clearTimeout(this.#timers.retry);
    this.#become("connecting");
    if (this.#source.current) this.#dial(this.#source.current);
    else this.#ask();
  }

  async #ask() {
    const asking = (this.#asking = {});
    const session = await this.#source.renew().catch(() => undefined);
    if (asking !== this.#asking) return; // closed meanwhile, or asked anew
    this.#asking = null;
    if (session) this.#dial(session);
    else if (session === null) this.#end("no_session", 4401);
    else this.#closed(1006, "");
  }

  #dial(session) {
    const { history, events = "" } = this.#options;
    const words = new Set(["session", "changes", ...events.split(",").filter(Boolean)]);
    const query = { ...this.#position.query, history, events: [...words].join() };
    this.#connection = new Connection(session, query, this.#options, {
      received: (frame) => this.#receive(frame),
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  #receive(frame) {
    this.#older.heard();
    if (typeof frame !== "object") return this.#tell("ignored", { frame });
    if (frame.authenticated === true) return this.#welcomed(frame);
    if (!this.#authenticated) return this.#tell("ignored", { frame });
    if (Number.isSafeInteger(frame.seq)) return this.#sequenced(frame);
    if (Array.isArray(frame.history)) return this.#gotOlder(frame);
    if (frame.error !== null && typeof frame.error === "object") return this.#failed(frame.error);
    if (frame.session !== null && typeof frame.session === "object") return this.#changed(frame.session);
    if (typeof frame.done === "string") return this.#done(frame);
    if (frame.presence) return this.#tell("presence", frame.presence);
    if (frame.typing) return this.#tell("typing", { user: frame.typing });
    this.#tell("ignored", { frame });
  }

  #welcomed(frame) {
    if (this.#position.isMoved(frame)) {
      this.#forget("room");
      return this.#renew();
    }
    this.#connection.welcomed();
    if (this.position !== null && !frame.resumed) this.#forget(frame.reset ?? "epoch");
    this.#position.enter(frame, this.#options.history !== 0);
    this.#authenticated = true;
    this.#reconnect.opened();
    this.#source.accepted();
    // What one person said is not said in the name of another, whose session the application has given since.
    const isOther = this.#person.enter(frame) && this.#source.isRenewable;
    this.welcome = frame;
    this.#tell("welcome", frame);
    this.#become("open");
    this.#fail(isOther ? this.#outbox.drain() : this.#outbox.enter(frame.room), "moved"); // what was said to one room is not said to another
    this.#fail(this.#outbox.limit(frame.message_bytes_max), "too_long");
    // Fresh history first: the answer to a repeated send must not be taken for its beginning.
    this.#held = this.position === null;
    if (this.#held) this.#timers.hold = setTimeout(() => this.#release(), this.#options.historyWaitMs);
    this.#flush();
  }

  #release() {
    this.#held = false;
    this.#flush();
  }

  #sequenced(frame) {
    // By the id alone: the user's name may have changed since, and nobody else can guess an id that is not stored yet.
    const ours = this.#outbox.has(frame.id);
    const place = this.#position.place(frame, ours);
    if (place === "gap") return this.#closed(1006, "");
    if (place === "next") this.#pass(frame, ours);
    if (ours) this.#settle(frame.id, { state: "stored", message: messageOf(frame) ?? frame });
    if (this.#held && frame.seq >= this.welcome.last_seq) this.#release();
  }

  #pass(frame, ours) {
    const message = messageOf(frame);
    const own = ours || this.#person.isAuthor(frame);
    if (message) return this.#tell("message", { ...message, own });
    if (targetOf(frame) === undefined) return this.#tell("ignored", { frame });
    this.#older.changed(frame);
    this.#tell("changed", { ...frame, own });
  }

  #done(frame) {
    if (this.#outbox.has(frame.id)) this.#settle(frame.id, { state: "stored", message: frame });
    else this.#tell("ignored", { frame });
  }

  #gotOlder(frame) {
    const messages = this.#older.answer(frame, (each) => this.#person.isAuthor(each));
    if (messages === null) return this.#tell("ignored", { frame });
    this.#liveness.answered();
    if (messages.length > 0) this.#position.extend(messages[0].seq);
  }

  #failed(error) {
    this.#liveness.answered();
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
      this.#older.refuse(error.code);
      this.#tell("refused", error);
    }
  }

  #changed({ user, role }) {
    this.welcome = { ...this.welcome, user: user ?? this.welcome.user, role: role ?? this.welcome.role };
    this.#person.enter(this.welcome);
    this.#tell("session", { user: this.welcome.user, role: this.welcome.role });
  }

  #settle(id, outcome) {
    this.#liveness.answered();
    this.#tellOutcome(this.#outbox.take(id), outcome);
    this.#flush();
  }

  #fail(entries, code) {
    for (const entry of entries) this.#tellOutcome(entry, { state: "failed", error: { code } });
  }

  #tellOutcome(entry, outcome) {
    const { id, text, more } = entry;
    const reply = more?.reply_to === undefined ? {} : { replyTo: more.reply_to };
    if (!isChange(entry)) this.#tell("outgoing", { id, text, ...reply, ...outcome });
    else if (outcome.error) this.#answers.refuse(id, outcome.error);
    else this.#answers.fulfil(id, outcome.message);
  }

  #flush() {
    if (this.#authenticated && !this.#held) this.#outbox.flush((frame) => this.#connection.send(frame));
  }

  #closed(code, reason) {
    const long = code === 1009 ? this.#outbox.limitByLongestSent() : [];
    this.#detach();
    this.#fail(long, "too_long");
    // Without the message that was too long the others may be stored.
    const goesOn = long.length > 0 || (code === 4401 && this.#source.refused());
    const final = goesOn ? undefined : Reconnect.finalReason(code);
    if (final) return this.#end(final, code);
    const inMs = this.#reconnect.delay(code, reason);
    this.#timers.retry = setTimeout(() => this.#open(), inMs);
    this.#become("reconnecting", { inMs, code });
  }

  #awake(isLong) {
    if (this.state === "reconnecting") this.#open();
    else if (isLong && this.#connection) this.#renew();
  }

  /** Tries a new connection at once, in place of one that may be dead. */
  #renew() {
    this.#detach();
    this.#open();
  }

  #forget(reason) {
    this.#position.reset();
    this.#tell("reset", { reason });
  }

  #detach() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#connection?.drop();
    this.#connection = null;
    this.#asking = null;
    this.#authenticated = false;
    this.#outbox.rewind();
    this.#older.lost();
  }

  #end(reason, code) {
    if (this.state === "ended") return;
    this.#detach();
    this.#watch?.abort();
    this.#watch = null;
    this.#become("ended", { reason, code });
    this.#fail(this.#outbox.takeChanges(), reason);
    // Another session of the same person may still send what waits.
    const isLost = ENDS_SESSION.has(reason) && !this.#source.isRenewable;
    this.#fail(isLost ? this.#outbox.drain() : this.#outbox.shelve(), reason);
  }

  #become(state, more = {}) {
    this.state = state;
    this.#tell("state", { state, ...more });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
