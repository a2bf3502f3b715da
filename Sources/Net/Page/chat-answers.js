/** The promises of own changes: each ends with the answer to its id. */
export class Answers {
  #waiting = new Map(); // id → {resolve, reject}

  /** A promise for the answer to an id. */
  promise(id) {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Fulfils the promise of an id, if there is one: a change of an earlier page has none. */
  fulfil(id, frame) {
    this.#take(id)?.resolve(frame);
  }

  /** Rejects the promise of an id. @param {{code: string, detail?: string}} error */
  refuse(id, { code, detail }) {
    this.#take(id)?.reject(Object.assign(new Error(detail ?? code), { code }));
  }

  #take(id) {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    return found;
  }
}
