/** What a chat shows, as a value for frameworks that render values. */

import { withChange } from "./lib/chat-messages.js";

const MESSAGES_MAX = 1000; // older ones: client.loadOlder()

/** Follows a ChatClient; `read()` returns another value after each event, `subscribe()` tells of it. */
export class ChatView {
  #listeners = new Set();
  #value = { messages: [], outgoing: [], state: "idle", welcome: null };

  constructor(client) {
    this.client = client;
    const on = (name, change) =>
      client.addEventListener(name, ({ detail }) => {
        this.#value = { ...this.#value, ...change(detail, this.#value) };
        for (const listener of this.#listeners) listener();
      });
    on("state", ({ state, reason }) => ({ state, reason }));
    on("welcome", () => ({ welcome: client.welcome }));
    on("session", () => ({ welcome: client.welcome }));
    on("reset", () => ({ messages: [] }));
    on("message", (message, { messages }) => ({ messages: [...messages, message].slice(-MESSAGES_MAX) }));
    on("changed", (change, { messages }) => ({ messages: messages.map((each) => withChange(each, change)) }));
    on("outgoing", (own, { outgoing }) => {
      const others = outgoing.filter(({ id }) => id !== own.id);
      return { outgoing: own.state === "stored" ? others : [...others, own] };
    });
  }

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read = () => this.#value;
}
