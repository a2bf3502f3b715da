/**
 * Own messages and changes that the server has not stored yet, in the order they were said.
 *
 * Each keeps its id for life: a repeat after a lost connection is harmless, because the server stores one id once.
 */

const FRAME_BYTES = 65536; // the server's default of limits.message_bytes_max, until it tells its own
const ID_CHARS_MAX = 64;
const CHANGES = new Set(["edit", "delete", "react"]);

export class Outbox {
  #limits;
  #kept;
  #waiting = new Map(); // id → {id, text, more, room, sentAt, isTold}
  #pausedUntil = 0;
  #frameBytesMax;

  /** Whether the storage holds all that waits. */
  isKept = true;

  /**
   * @param {{pendingMax: number, inFlightMax: number, frameBytesMax?: number}} limits
   *   `inFlightMax` keeps a resend of many below the burst that the server's rate limit allows.
   * @param {Kept} kept where an earlier page of this session may have left some.
   */
  constructor(limits, kept) {
    this.#limits = limits;
    this.#kept = kept;
    this.#frameBytesMax = Math.min(limits.frameBytesMax ?? Infinity, FRAME_BYTES);
    const entries = kept.read();
    const isEntry = (each) => isID(each?.id) && (typeof each.text === "string" || isChange(each));
    for (const { id, text, more, room = null } of Array.isArray(entries) ? entries.filter(isEntry).slice(0, limits.pendingMax) : []) {
      this.#waiting.set(id, { id, text, more, room, sentAt: null, isTold: false });
    }
  }

  /**
   * Adds a message that was said to a room; null: to the room of the next connection, whichever it is.
   * @param {string|undefined} text @param {{id?: string, more?: object, room: number|null}} options `more`: the other fields of
   *   the command, such as `reply_to`, or those of a change.
   * @throws {RangeError} when the text is too long or too many wait; {TypeError} when the id is not 1 to 64 characters.
   */
  add(text, { id = newID(), more, room }) {
    if (!isID(id)) throw new TypeError("An id has 1 to 64 characters.");
    if (this.#waiting.size >= this.#limits.pendingMax) throw new RangeError("Too many messages are waiting to be sent.");
    const entry = { id, text, more, room, sentAt: null, isTold: true };
    const bytes = bytesOf(entry);
    if (bytes > this.#frameBytesMax) {
      throw new RangeError(
        `This message is too long: ${bytes} bytes, and this server takes ${this.#frameBytesMax}.`
          + " Shorten it, or send it in parts.",
      );
    }
    this.#waiting.set(id, entry);
    this.#save();
    return id;
  }

  has(id) {
    return this.#waiting.has(id);
  }

  /** Removes one and returns it. */
  take(id) {
    const entry = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.#save();
    return entry;
  }

  /** Removes all changes and returns them. */
  takeChanges() {
    return this.#takeAll(isChange);
  }

  /** Removes all. */
  drain() {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#save();
    return all;
  }

  /** All, which stay here for another connection and are told anew when it is tried. */
  shelve() {
    for (const entry of this.#waiting.values()) entry.isTold = false;
    return [...this.#waiting.values()];
  }

  /** The messages that were restored or shelved, each once. */
  untold() {
    const entries = [...this.#waiting.values()].filter((each) => !each.isTold && !isChange(each));
    for (const entry of entries) entry.isTold = true;
    return entries;
  }

  /** The server has told the bytes of its longest frame: removes and returns what is longer. */
  limit(bytes) {
    if (!Number.isSafeInteger(bytes) || bytes < 1) return [];
    this.#frameBytesMax = Math.min(this.#limits.frameBytesMax ?? Infinity, bytes);
    return this.#takeAll((entry) => bytesOf(entry) > this.#frameBytesMax);
  }

  /** The session is in a room: what was said to none yet is said to this one; removes and returns what was said to another. */
  enter(room) {
    for (const entry of this.#waiting.values()) entry.room ??= room;
    return this.#takeAll((entry) => entry.room !== room);
  }

  /**
   * The server closed for a frame that was too long, without naming its limit: the longest frame under way was beyond it.
   * Removes and returns what is as long; nothing when nothing was under way.
   */
  limitByLongestSent() {
    const sent = [...this.#waiting.values()].filter(({ sentAt }) => sentAt !== null);
    return sent.length === 0 ? [] : this.limit(Math.max(...sent.map(bytesOf)) - 1);
  }

  /** When the first of those under way was sent, or null. */
  get sentAt() {
    let first = null;
    for (const { sentAt } of this.#waiting.values()) if (sentAt !== null) first = Math.min(first ?? sentAt, sentAt);
    return first;
  }

  /** Gives `send` the frames that may go now, oldest first. */
  flush(send) {
    if (Date.now() < this.#pausedUntil) return;
    let inFlight = 0;
    for (const entry of this.#waiting.values()) {
      if (inFlight >= this.#limits.inFlightMax) return;
      if (entry.sentAt === null) {
        entry.sentAt = Date.now();
        send(frameOf(entry));
      }
      inFlight += 1;
    }
  }

  /** The server refused this one for the speed only: it goes again after `ms`, and nothing before it. */
  pause(id, ms) {
    this.#waiting.get(id).sentAt = null;
    this.#pausedUntil = Date.now() + ms;
  }

  /** The connection is gone: whatever was sent and not answered has to go again. */
  rewind() {
    this.#pausedUntil = 0;
    for (const entry of this.#waiting.values()) entry.sentAt = null;
  }

  #takeAll(matches) {
    const found = [...this.#waiting.values()].filter(matches);
    for (const { id } of found) this.#waiting.delete(id);
    this.#save();
    return found;
  }

  #save() {
    this.isKept = this.#kept.writeList([...this.#waiting.values()].map(({ id, text, more, room }) => ({ id, text, more, room })));
  }
}

const frameOf = ({ id, text, more }) => JSON.stringify({ ...more, message: text, id });

/** Whether an entry changes an earlier message. */
export const isChange = ({ more }) => Object.keys(more ?? {}).some((name) => CHANGES.has(name));

const bytesOf = (entry) => new TextEncoder().encode(frameOf(entry)).length;

const isID = (id) => typeof id === "string" && id !== "" && id.length <= ID_CHARS_MAX;

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
