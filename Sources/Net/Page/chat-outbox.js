/**
 * Own messages that the server has not stored yet, in the order they were said.
 *
 * Each keeps its id for life: saying it again after a lost connection is harmless, because the server stores one id once.
 */
export class Outbox {
  #limits;
  #waiting = new Map(); // id → {id, text, sent}
  #pausedUntil = 0;

  /**
   * @param {{pendingMax: number, inFlightMax: number, frameBytesMax: number}} limits
   *   `inFlightMax` keeps a resend of many below the burst that the server's rate limit allows.
   */
  constructor(limits) {
    this.#limits = limits;
  }

  /** @throws {RangeError} when the text is too long or too many wait. */
  add(text) {
    if (this.#waiting.size >= this.#limits.pendingMax) throw new RangeError("Too many messages are waiting to be sent.");
    const entry = { id: newID(), text, sent: false };
    if (new TextEncoder().encode(frameOf(entry)).length > this.#limits.frameBytesMax) {
      throw new RangeError("This message is too long.");
    }
    this.#waiting.set(entry.id, entry);
    return entry.id;
  }

  has(id) {
    return this.#waiting.has(id);
  }

  /** Removes one and returns its text. */
  take(id) {
    const { text } = this.#waiting.get(id);
    this.#waiting.delete(id);
    return text;
  }

  /** Removes all. */
  drain() {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    return all;
  }

  /** Gives `send` the frames that may go now, oldest first. */
  flush(send) {
    if (Date.now() < this.#pausedUntil) return;
    let inFlight = 0;
    for (const entry of this.#waiting.values()) {
      if (inFlight >= this.#limits.inFlightMax) return;
      if (!entry.sent) {
        entry.sent = true;
        send(frameOf(entry));
      }
      inFlight += 1;
    }
  }

  /** The server refused this one for the speed only: it goes again after `ms`, and nothing before it. */
  pause(id, ms) {
    this.#waiting.get(id).sent = false;
    this.#pausedUntil = Date.now() + ms;
  }

  /** The connection is gone: whatever was sent and not answered has to go again. */
  rewind() {
    this.#pausedUntil = 0;
    for (const entry of this.#waiting.values()) entry.sent = false;
  }
}

const frameOf = ({ id, text }) => JSON.stringify({ message: text, id });

/** 128 random bits; `crypto.randomUUID` is missing on pages without TLS. */
function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
