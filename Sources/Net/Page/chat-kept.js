/**
 * Texts of one session that are not in the room yet, kept in the tab's `sessionStorage`: they survive a reload and a crash.
 *
 * An item is named by a digest of the session key, so that one session never reads the texts of another.
 */

const PREFIX = "roomcast.kept.";
const SESSIONS_MAX = 8; // of one tab; the texts of the session that wrote least recently are removed first
const ITEM_CHARS_MAX = 500_000; // browsers give about 5,000,000 to all items of an origin

/**
 * Tells the sessions of one tab apart: FNV-1a of 32 bits. It is short on purpose: it stays in the storage when the key has
 * been removed, and 32 bits do not help to guess a key.
 */
export function digestOf(sessionKey) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(sessionKey)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

/** One item of one session. Each failure of the storage is an answer, never an error. */
export class Kept {
  #storage;
  #session;
  #name;

  /**
   * @param {Storage|null|undefined} storage null: nothing is kept.
   * @param {string} digest of the session's key.
   * @param {string} part which item: "draft", "failed" or "outbox".
   */
  constructor(storage, digest, part) {
    this.#storage = storage;
    this.#session = PREFIX + digest;
    this.#name = `${this.#session}.${part}`;
  }

  /** What was written last, or null. */
  read() {
    try {
      return JSON.parse(this.#storage.getItem(this.#name)).value ?? null;
    } catch {
      return null; // no storage, no item, or one that another script wrote
    }
  }

  /**
   * Replaces the item; null removes it.
   * @returns {boolean} false when the value is not in the storage: too large, no room, or no storage.
   */
  write(value) {
    try {
      if (value === null) this.#storage?.removeItem(this.#name);
      else this.#set(JSON.stringify({ at: Date.now(), value }));
      return true;
    } catch {
      return false;
    }
  }

  /** Writes as many entries, from the first, as there is room for. @returns {boolean} whether all are in the storage. */
  writeList(entries) {
    let count = entries.length;
    while (count > 0 && !this.write(entries.slice(0, count))) count >>= 1;
    if (count === 0) this.write(null);
    return count === entries.length;
  }

  #set(item) {
    try {
      if (item.length > ITEM_CHARS_MAX) throw new RangeError("too large");
      this.#removeOldSessions();
      this.#storage.setItem(this.#name, item);
    } catch (error) {
      this.#storage.removeItem(this.#name); // what it held is out of date
      throw error;
    }
  }

  #removeOldSessions() {
    const sessions = new Map(); // without this one: name → {items, at}
    for (const name of Object.keys(this.#storage)) {
      const session = name.slice(0, name.lastIndexOf("."));
      if (!name.startsWith(PREFIX) || session === this.#session) continue;
      const found = sessions.get(session) ?? { items: [], at: 0 };
      found.items.push(name);
      found.at = Math.max(found.at, writtenAt(this.#storage.getItem(name)));
      sessions.set(session, found);
    }
    const old = [...sessions.values()].sort((one, other) => other.at - one.at).slice(SESSIONS_MAX - 1);
    for (const name of old.flatMap(({ items }) => items)) this.#storage.removeItem(name);
  }
}

function writtenAt(item) {
  try {
    return JSON.parse(item).at || 0;
  } catch {
    return 0;
  }
}

/** The tab's storage; null where the browser forbids it. */
export function tabStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
