/** Requests for older history, in the order in which the server answers them. */
import { messageOf, withChange } from "./chat-messages.js";

export class OlderHistory {
  #requests = [];
  #heardAt = 0;

  /** Asks once for what is before a seq, however often it is called meanwhile. */
  ask({ before, limit }, send) {
    const same = this.#requests.find((each) => each.before === before);
    if (same) return same.promise;
    const request = { before, at: Date.now(), changes: [] };
    request.promise = new Promise((resolve, reject) => Object.assign(request, { resolve, reject }));
    this.#requests.push(request);
    send(JSON.stringify({ history: { before, limit } }));
    return request.promise;
  }

  /** A change has come: an answer that is under way may have been read before it. */
  changed(change) {
    for (const { changes } of this.#requests) changes.push(change);
  }

  /** Gives an answer to the oldest request. @returns its messages; null when nothing was asked. */
  answer(frame, isOwn) {
    const request = this.#requests.shift();
    if (!request) return null;
    const messages = frame.history.filter((each) => each?.seq < request.before && messageOf(each))
      .map((each) => ({ ...request.changes.reduce(withChange, messageOf(each)), own: isOwn(each) }));
    request.resolve({ messages, more: frame.more === true && messages.length > 0 });
    return messages;
  }

  /** The oldest request was refused. */
  refuse(code) {
    this.#requests.shift()?.reject(new Error(code));
  }

  /** Nothing more is answered. */
  lost() {
    for (const { reject } of this.#requests.splice(0)) reject(new Error("Connection lost."));
  }

  /** The connection has brought a frame. */
  heard() {
    this.#heardAt = Date.now();
  }

  /** Since when a request waits and the connection brings nothing at all, or null. */
  get silentSince() {
    return this.#requests.length > 0 ? Math.max(this.#requests[0].at, this.#heardAt) : null;
  }
}
