/** Close codes after which coming back is useless, and what they mean to the reader; after any other, one comes back. */
const FINAL = new Map([
  [1002, "protocol_error"],
  [1003, "protocol_error"],
  [1007, "protocol_error"],
  [1009, "message_too_big"],
  [4401, "invalid_session"],
  [4403, "revoked"],
  [4409, "too_many_connections"],
]);
const TOLD_MAX_MS = 600000;

/** When, if ever, to come back after a connection was closed. */
export class Reconnect {
  #limits;
  #attempt = 0;
  #openedAt = 0;

  /** @param {{backoffMinMs: number, backoffMaxMs: number, steadyMs: number}} limits */
  constructor(limits) {
    this.#limits = limits;
  }

  /** Why a close code is final, or undefined. */
  static finalReason(code) {
    return FINAL.get(code);
  }

  /** A connection was let in. */
  opened() {
    this.#openedAt = Date.now();
  }

  /** The milliseconds to wait: what a server that goes away or has too much to do asks for, else the backoff. */
  delay(code, reason) {
    if (this.#openedAt && Date.now() - this.#openedAt > this.#limits.steadyMs) this.#attempt = 0;
    this.#openedAt = 0;
    const told = [1001, 1012, 1013].includes(code) ? /\bretry_ms=(\d{1,7})\b/.exec(reason) : null;
    const delay = told ? Math.min(Number(told[1]), TOLD_MAX_MS) : this.#backoff();
    this.#attempt += 1;
    return delay;
  }

  /** Exponential, between half and all of each step, so that a crowd does not come back in one wave. */
  #backoff() {
    const step = Math.min(this.#limits.backoffMaxMs, this.#limits.backoffMinMs * 2 ** this.#attempt);
    return Math.round(step * (0.5 + Math.random() / 2));
  }
}
