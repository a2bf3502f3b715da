import { webcrypto } from "node:crypto";

// What browsers have, and Node.js 18 has not.
globalThis.crypto ??= webcrypto;
globalThis.CustomEvent ??= class extends Event {
  constructor(name, { detail }) {
    super(name);
    this.detail = detail;
  }
};

/** A server for tests: each WebSocket that a client opens waits here, and the test plays the other side. */
export class FakeServer {
  #waiting = [];
  #opened = [];

  constructor() {
    const server = this;
    /** The class to give to a client. */
    this.WebSocket = class {
      sent = [];
      isClosed = false;
      #wants = [];

      constructor(url) {
        this.url = new URL(url);
        queueMicrotask(() => {
          this.onopen?.();
          server.#arrived(this);
        });
      }

      send(text) {
        const frame = JSON.parse(text);
        this.sent.push(frame);
        this.#wants = this.#wants.filter(({ matches, resolve }) => !matches(frame) || resolve(frame));
      }

      close() {
        this.isClosed = true;
      }

      /** The first frame of the client that matches, sent already or later. */
      frame(matches) {
        const found = this.sent.find(matches);
        if (found) return Promise.resolve(found);
        return new Promise((resolve) => this.#wants.push({ matches, resolve }));
      }

      say(frame) {
        this.onmessage?.({ data: JSON.stringify(frame) });
      }

      welcome(more = {}) {
        const frame = { authenticated: true, user: "Ada", room: 7, role: "member", epoch: "e", last_seq: 0, resumed: false };
        this.say({ ...frame, ...more });
      }

      refuse(code, reason = "") {
        this.onclose?.({ code, reason });
      }
    };
  }

  #arrived(socket) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(socket);
    else this.#opened.push(socket);
  }

  /** The next connection, opened already or later. */
  next() {
    if (this.#opened.length > 0) return Promise.resolve(this.#opened.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The details of the events of these names, in order; `next(matches)` waits for one. */
export function events(client, ...names) {
  const seen = [];
  const wants = [];
  for (const name of names) {
    client.addEventListener(name, ({ detail }) => {
      seen.push(detail);
      for (const want of [...wants]) if (want.matches(detail)) wants.splice(wants.indexOf(want), 1), want.resolve(detail);
    });
  }
  const next = (matches) => {
    const found = seen.find(matches);
    return found ? Promise.resolve(found) : new Promise((resolve) => wants.push({ matches, resolve }));
  };
  return { seen, next };
}
