/**
 * Notices that a connection may be dead although nothing has closed it: behind a silent proxy, or after the machine slept.
 * The browser answers the server's pings out of sight, so a script can only watch answers, the clock and the page.
 */

const LATER_MAX = 3; // each connection in a row that was given up for a missing answer doubles the time to wait, up to 8 times

export class Liveness {
  #limits;
  #owner;
  #hiddenAt = null;
  #tickedAt = 0;
  #misses = 0;

  /**
   * @param {{ackTimeoutMs: number, hiddenMs: number, jumpMs: number, hiddenJumpMs: number, tickMs: number}} limits
   * @param {{waitingSince: () => (number|null)[], lost: () => void, awake: (isLong: boolean) => void}} owner
   *   `waitingSince` are the times since when answers are missing; `lost` is called when one took too long, or the network
   *   has gone; `awake` when the page is back, with true when the connection may have died meanwhile.
   */
  constructor(limits, owner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Watches until `signal` is aborted. */
  start(signal) {
    const { document } = globalThis;
    globalThis.addEventListener?.("offline", () => this.#owner.lost(), { signal });
    globalThis.addEventListener?.("online", () => this.#owner.awake(true), { signal });
    globalThis.addEventListener?.("pageshow", ({ persisted }) => persisted && this.#owner.awake(true), { signal });
    document?.addEventListener("visibilitychange", () => this.#turned(document.hidden), { signal });
    this.#hiddenAt = document?.hidden ? Date.now() : null;
    this.#tickedAt = Date.now();
    const timer = setInterval(() => this.#tick(), this.#limits.tickMs);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** The server has answered. */
  answered() {
    this.#misses = 0;
  }

  #turned(isHidden) {
    const now = Date.now();
    if (isHidden) return (this.#hiddenAt = now);
    const isLong = this.#hiddenAt !== null && Math.abs(now - this.#hiddenAt) > this.#limits.hiddenMs;
    this.#hiddenAt = null;
    this.#tickedAt = now; // timers of hidden pages are late
    this.#owner.awake(isLong);
  }

  #tick() {
    const now = Date.now();
    const jump = Math.abs(now - this.#tickedAt);
    this.#tickedAt = now;
    if (jump > (this.#hiddenAt === null ? this.#limits.jumpMs : this.#limits.hiddenJumpMs)) return this.#owner.awake(true);
    const since = Math.min(...this.#owner.waitingSince().map((each) => each ?? Infinity));
    if (now - since <= this.#limits.ackTimeoutMs * 2 ** this.#misses) return;
    // Where the server itself is slow, new connections of all its clients would make it slower.
    this.#misses = Math.min(this.#misses + 1, LATER_MAX);
    this.#owner.lost();
  }
}
