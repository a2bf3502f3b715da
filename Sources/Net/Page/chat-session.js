/** Where the address and the key of a client come from: given once, or asked for whenever one is needed. */

const REFUSALS_MAX = 3; // keys refused in a row, each new: the application and the server disagree, and asking does not help
const ASK_TIMEOUT_MS = 15000;

export class SessionSource {
  #ask;
  #session = null;
  #refusals = 0;

  /** Whether the session was asked for, and another can be. */
  get isRenewable() {
    return this.#ask !== undefined;
  }

  /** The session to connect with; null when it must be asked for. */
  get current() {
    return this.#session;
  }

  /**
   * @param {{url?: string|URL, sessionKey?: string, getSession?: () => Promise<{url: string|URL, sessionKey: string}|null>}} options
   * @throws {TypeError} when they hold neither `getSession` nor both others.
   */
  constructor({ url, sessionKey, getSession }) {
    if (typeof getSession === "function") this.#ask = getSession;
    else if (url && sessionKey) this.#session = { url, sessionKey };
    else throw new TypeError("ChatClient needs getSession, or url and sessionKey");
  }

  /**
   * Asks for a session.
   * @returns {Promise<{url, sessionKey}|null>} null: the application says that nobody is signed in. Rejected when it
   *   fails, answers something else or nothing in time.
   */
  async renew() {
    let timer = 0;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("getSession did not answer in time")), ASK_TIMEOUT_MS);
    });
    try {
      const session = await Promise.race([this.#ask(), late]);
      if (session !== null && !(session?.url && session.sessionKey)) {
        throw new TypeError("getSession must answer {url, sessionKey} or null");
      }
      return (this.#session = session);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The server has accepted the key. */
  accepted() {
    this.#refusals = 0;
  }

  /** The server has refused the key, or it has expired. @returns {boolean} whether to ask for another. */
  refused() {
    if (!this.isRenewable) return false;
    this.#session = null;
    this.#refusals += 1;
    return this.#refusals <= REFUSALS_MAX;
  }
}
