/** Shows own messages that are not in the room: on their way, or failed. Failed ones are kept until they are discarded. */
import { button, element, textElement } from "./chat-row.js";

const FAILED_MAX = 100; // then some are to be discarded before more is said
const REASONS = {
  bad_message: "Not sent: the server cannot take this text.",
  too_long: "Not sent: it is too long for this server.",
  read_only: "Not sent: you may read here, not write.",
  muted: "Not sent: you are muted.",
  frozen: "Not sent: this room is closed for now.",
  not_stored: "Not sent: the server could not store it.",
  unavailable: "Not sent: the server is busy. Try again in a moment.",
  moved: "Not confirmed: you are in another room now.",
  closed: "Not confirmed: the connection was closed first.",
};
const REFUSED = "Not sent: the server did not accept it.";

export class Outgoing {
  #list;
  #kept;
  #follower;
  #actions;
  #failed = new Map(); // id → {id, text, replyTo, code}

  /** Whether a reload would lose nothing. */
  isKept = true;

  /**
   * @param {HTMLElement} list @param {Kept} kept @param {EndFollower} follower
   * @param {{again: (message) => void, edit: (message) => void, discard: (message) => void}} actions
   *   what a failed message offers; one that throws leaves it there.
   */
  constructor(list, kept, follower, actions) {
    this.#list = list;
    this.#kept = kept;
    this.#follower = follower;
    this.#actions = actions;
    const entries = kept.read();
    for (const { id, text, replyTo, code } of Array.isArray(entries) ? entries.filter(isEntry).slice(0, FAILED_MAX) : []) {
      this.#failed.set(id, { id, text, replyTo, code });
      this.#show({ id, text, replyTo, state: "failed", code });
    }
  }

  /** Whether so many have failed that no more may be added. */
  get isFull() {
    return this.#failed.size >= FAILED_MAX;
  }

  /** Shows the life of an own message; `code` says why it failed. */
  update({ id, text, replyTo, state, code }) {
    if (this.#failed.delete(id) || state === "failed") {
      if (state === "failed") this.#failed.set(id, { id, text, replyTo, code });
      this.isKept = this.#kept.writeList([...this.#failed.values()]);
    }
    if (state === "stored") this.#remove(id);
    else this.#show({ id, text, replyTo, state, code });
  }

  #show({ id, text, replyTo, state, code }) {
    const row = this.#row(id) ?? this.#addRow(id, text);
    row.dataset.state = state;
    const meta = row.querySelector(".meta");
    meta.replaceChildren(element("span", "", state === "failed" ? (REASONS[code] ?? REFUSED) : "sending…"));
    if (state !== "failed") return;
    meta.firstChild.setAttribute("role", "alert");
    const message = { id, text, replyTo };
    meta.append(
      button("Send again", () => this.#actions.again(message), "again"),
      button("Edit", () => (this.#actions.edit(message), this.#forget(id)), "again"),
      button("Discard", () => (this.#actions.discard(message), this.#forget(id))),
    );
  }

  #addRow(id, text) {
    const row = element("li", "message own");
    row.dataset.id = id;
    const bubble = element("div", "bubble");
    bubble.append(textElement(text), element("p", "meta"));
    row.append(bubble);
    this.#list.append(row);
    return row;
  }

  #row(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #remove(id) {
    this.#follower.changeBelow(() => this.#row(id)?.remove());
  }

  #forget(id) {
    this.#failed.delete(id);
    this.isKept = this.#kept.writeList([...this.#failed.values()]);
    this.#remove(id);
  }
}

const isEntry = (each) => typeof each?.id === "string" && typeof each.text === "string";
