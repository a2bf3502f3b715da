/** What a reader does with a message, and what becomes of it. */
import { button } from "./chat-row.js";

const NOT_THERE = "That message is not here any more.";
const LOADS_MAX = 10; // pages of older messages for the way to one that is replied to
const REASONS = {
  forbidden: "Not changed: it is not your message, or it is too late to change it.",
  not_found: "Not changed: this message is not here any more.",
  bad_message: "Not changed: the server cannot take this.",
  too_long: "Not changed: the text is too long for this server.",
  read_only: "Not changed: you may read here, not write.",
  muted: "Not changed: you are muted.",
  frozen: "Not changed: this room is closed for now.",
  not_stored: "Not changed: the server could not store it.",
  unavailable: "Not changed: the server is busy. Try again in a moment.",
};
const REASONS_OF_REACTIONS = { ...REASONS, forbidden: "Not changed: this message has too many different reactions." };
const REFUSED = "Not changed: the server did not accept it.";
const UNKNOWN = "Not confirmed: the connection was closed first.";

export class Changes {
  #client;
  #log;
  #form;
  #loadOlder;
  #mine = new Map(); // what the server said of this person's reactions, where the listed names do not tell

  /** @param {ChatClient} client @param {MessageLog} log @param {MessageForm} form @param {() => Promise<void>} loadOlder */
  constructor(client, log, form, loadOlder) {
    this.#client = client;
    this.#log = log;
    this.#form = form;
    this.#loadOlder = loadOlder;
  }

  get mayWrite() {
    return this.#client.welcome?.role !== "reader";
  }

  mayChange({ own }) {
    return own || this.#client.welcome?.role === "moderator";
  }

  /** Only names are known of who reacted, and of many not all. */
  isMine(message, emoji) {
    const users = Object.hasOwn(message.reactions ?? {}, emoji) ? message.reactions[emoji].users : [];
    return this.#mine.get(keyOf(message, emoji)) ?? users.includes(this.#client.welcome?.user);
  }

  /** A change of this person, from here or from another window. */
  heard(change) {
    if (change.own && change.reacted !== undefined) this.#mine.set(keyOf({ seq: change.reacted }, change.emoji), change.on);
  }

  /** Messages are forgotten. */
  reset() {
    this.#mine.clear();
  }

  async react(message, emoji, on) {
    const answer = await this.#try(message, this.#client.react(message.seq, emoji, on), [], REASONS_OF_REACTIONS);
    if (!answer || answer.seq !== undefined) return;
    this.#mine.set(keyOf(message, emoji), on); // it was so already
    this.#log.refresh(message.seq);
  }

  reply(message) {
    this.#form.reply(message);
  }

  edit(message, text) {
    const save = (given) => {
      const again = button("Edit again", () => this.edit(message, given));
      void this.#try(message, this.#client.edit(message.seq, given), [again]);
    };
    this.#form.edit(message, save, text);
  }

  remove(message) {
    this.#form.focus();
    return this.#try(message, this.#client.remove(message.seq));
  }

  leave() {
    this.#form.focus();
  }

  /** Leads to a message that another one replies to, and loads what is between. */
  async jump(message, seq) {
    const { era } = this.#log;
    for (let count = 0; count < LOADS_MAX && this.#log.oldest > seq; count += 1) {
      const { oldest } = this.#log;
      await this.#loadOlder();
      if (this.#log.oldest === oldest || this.#log.era !== era) break;
    }
    if (!this.#log.reveal(seq)) this.#log.complain(message.seq, NOT_THERE);
  }

  async #try(message, answer, actions = [], reasons = REASONS) {
    try {
      return await answer;
    } catch (error) {
      const reason = error instanceof RangeError ? error.message : reasons[error.code];
      const text = reason ?? (this.#client.state === "ended" ? UNKNOWN : REFUSED);
      if (!this.#log.complain(message.seq, text, actions)) this.#form.complain(text);
      return null;
    }
  }
}

const keyOf = ({ seq }, emoji) => `${seq} ${emoji}`;
