/** Where a client is in its room: what it has passed on, and from where the next connection goes on. */
export class Position {
  #room = null;
  #epoch = null;
  #gapAfter = null; // the last seq before a gap that a new connection has to confirm
  #trustsGaps = false; // this server tells no `prev_seq`

  /** The seq of the last message passed on; null until the room is known. */
  last = null;

  /** The seq of the oldest message passed on, or null. */
  oldest = null;

  /** The query parameters that ask for what follows. */
  get query() {
    return this.last === null ? {} : { after: this.last, epoch: this.#epoch };
  }

  /** Whether a welcome resumes in another room: the session was moved, and numbers of another room mean nothing here. */
  isMoved(welcome) {
    return this.last !== null && welcome.resumed === true && welcome.room !== this.#room;
  }

  /** Takes the room of a welcome. @param {boolean} hasHistory whether the server was asked for any. */
  enter(welcome, hasHistory) {
    this.#room = welcome.room;
    this.#epoch = welcome.epoch ?? null;
    // With no history to come, the room's end is where live messages begin.
    if (this.last === null && (welcome.last_seq === 0 || !hasHistory)) this.last = welcome.last_seq ?? null;
  }

  /**
   * What a numbered frame is:
   * - "next": to be passed on now; it is the new position;
   * - "known": passed on before;
   * - "early": the answer to a repeated send, ahead of the messages before it; it comes again in its turn;
   * - "gap": messages before it may be missing; a new connection will tell.
   */
  place({ seq, prev_seq: previous }, isOurs) {
    if (this.last !== null && seq <= this.last) return "known";
    // `prev_seq` says that no message is between it and this one: numbers in between have no row in the log.
    const follows =
      this.last === null || seq === this.last + 1 || (Number.isSafeInteger(previous) && previous <= this.last);
    if (!follows && isOurs) return "early";
    if (!follows && !this.#trustsGaps) {
      if (this.#gapAfter !== this.last) {
        this.#gapAfter = this.last;
        return "gap";
      }
      // The new connection skipped the same numbers: they are holes, and this server does not explain holes.
      this.#trustsGaps = true;
    }
    this.last = seq;
    this.oldest ??= seq;
    return "next";
  }

  /** Older messages were passed on. */
  extend(oldest) {
    this.oldest = Math.min(this.oldest ?? Infinity, oldest);
  }

  /** What was passed on is to be forgotten. */
  reset() {
    this.last = null;
    this.oldest = null;
    this.#gapAfter = null;
  }
}
