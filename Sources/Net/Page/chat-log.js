/** Shows messages in order, in a bounded number of rows. */
import { targetOf, withChange } from "./chat-messages.js";
import { fillQuote } from "./chat-quote.js";
import { complainAt, fillRow, messageIn, messageRow, relateRow } from "./chat-row.js";

const ROWS_MAX = 1000; // in the document; older ones can be loaded again
const ROWS_SHED = 100; // removed together: to measure the page for each would be slow
const BEYOND_MAX = 200; // newest rows that are kept while the reader is far above them

/** The list of messages inside its scrolling box. */
export class MessageLog {
  #live;
  #list;
  #follower;
  #isMine;
  #beyond = []; // rows after the last one of the list, up to the newest
  #isGapless = true; // no row is missing between the list and these

  /** Grows each time the list begins elsewhere: older messages that were asked for before do not join it any more. */
  era = 0;

  /** Called when the oldest rows have been removed: they are older history now. */
  onOlderShed = () => {};

  /**
   * @param {HTMLElement} live the live region @param {HTMLElement} list in it @param {EndFollower} follower
   * @param {(message: object, emoji: string) => boolean} isMine whether the reader reacted so.
   */
  constructor(live, list, follower, isMine) {
    this.#live = live;
    this.#list = list;
    this.#follower = follower;
    this.#isMine = isMine;
  }

  /** Whether the list ends above the newest message: what comes now is not shown. */
  get isDetached() {
    return this.#beyond.length > 0;
  }

  /** Whether the newest message is in view, and the next one will be. */
  get atEnd() {
    return this.#follower.isFollowing && !this.isDetached;
  }

  /** The seq of the oldest row, or null. */
  get oldest() {
    const first = this.#list.firstElementChild;
    return first ? Number(first.dataset.seq) : null;
  }

  /** Whether messages are old news, which a screen reader does not read aloud. */
  get isBusy() {
    return this.#live.ariaBusy === "true";
  }

  set isBusy(isBusy) {
    this.#live.ariaBusy = String(isBusy);
  }

  /** Adds the newest message; false if it is not shown. */
  append(message) {
    const row = this.#newRow(message);
    this.#quote(row);
    if (this.isDetached) {
      this.#setBeyond([...this.#beyond, row]);
      return false;
    }
    this.#list.append(row);
    relateRow(row);
    this.#shed();
    return !this.isDetached;
  }

  /** Adds older messages, oldest first, without moving what the reader sees. */
  prepend(messages) {
    const seam = this.#list.firstElementChild;
    const { oldest } = this;
    const fits = ({ seq, message }) => typeof message === "string" && (oldest === null || seq < oldest);
    const rows = messages.filter(fits).map((each) => this.#newRow(each));
    this.#quietly(() => {
      this.#follower.changeAbove(() => {
        this.#list.prepend(...rows);
        rows.forEach(relateRow);
        if (seam) relateRow(seam);
        this.#list.querySelectorAll("[data-reply-to]:has(.quote:not([data-is-filled]))").forEach((row) => this.#quote(row));
      });
      this.#shed();
    });
  }

  /** Shows what a change makes of its message, in its row and where it is quoted. */
  change(change) {
    const seq = targetOf(change);
    const row = this.row(seq);
    if (row) this.#fill(row, withChange(messageIn(row), change));
    if (change.reacted !== undefined) return;
    const now = row ? messageIn(row) : { message: change.message, deleted: change.deleted !== undefined };
    for (const each of this.#rows) {
      const quote = each.dataset.replyTo === String(seq) && each.querySelector(".quote");
      if (quote) fillQuote(quote, now);
    }
  }

  /** Shows a message again, because it is known better which reactions are the reader's. */
  refresh(seq) {
    const row = this.row(seq);
    if (row) this.#fill(row, messageIn(row));
  }

  /** Tells at a message why it could not be changed; false if it is not shown. */
  complain(seq, text, actions) {
    const row = this.row(seq);
    if (row) this.#follower.changeRow(row, () => complainAt(row, text, actions));
    return row !== undefined;
  }

  /** The reader's newest message that can be changed, or undefined. */
  get lastOwn() {
    return this.#rows.map(messageIn).findLast(({ own, deleted }) => own && !deleted);
  }

  /** Leads the reader to a message; false if it is not here. */
  reveal(seq) {
    if (this.#beyond.includes(this.row(seq))) this.toNewest();
    const row = this.row(seq);
    if (!row) return false;
    this.#follower.leave();
    row.scrollIntoView({ block: "center" });
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    return true;
  }

  clear() {
    this.#list.replaceChildren();
    this.#beyond = [];
    this.#isGapless = true;
    this.era += 1;
    this.#follower.toEnd();
  }

  /** Goes to the newest message. */
  toNewest() {
    if (this.isDetached) {
      this.#list.replaceChildren();
      this.#appendBeyond();
      this.era += 1;
      this.onOlderShed();
    }
    this.#follower.toEnd();
  }

  /** The reader has reached the end of the list: it goes on there if it can. */
  extend() {
    if (!this.isDetached || !this.#isGapless) return;
    this.#follower.leave();
    this.#appendBeyond();
    this.#quietly(() => this.#shed());
  }

  #appendBeyond() {
    const rows = this.#beyond;
    this.#beyond = [];
    this.#isGapless = true;
    this.#quietly(() => {
      this.#list.append(...rows);
      rows.forEach(relateRow);
    });
  }

  #quietly(change) {
    const wasBusy = this.isBusy;
    this.isBusy = true;
    change();
    this.isBusy = wasBusy;
  }

  /** Removes rows at the end that is farther from the reader. */
  #shed() {
    const count = this.#list.childElementCount;
    if (count <= ROWS_MAX) return;
    const rows = [...this.#list.children];
    const surplus = count - ROWS_MAX + ROWS_SHED;
    if (this.#follower.isFollowing || this.#follower.isInLowerHalf) {
      this.#follower.changeAbove(() => {
        for (const row of rows.slice(0, surplus)) row.remove();
        relateRow(rows[surplus]);
      });
      this.era += 1; // an answer that ends at the former first row would leave a gap
      this.onOlderShed();
    } else {
      const last = rows.slice(-surplus);
      this.#follower.changeBelow(() => last.forEach((row) => row.remove()));
      this.#setBeyond([...last, ...this.#beyond]);
    }
  }

  #setBeyond(rows) {
    this.#beyond = rows.slice(-BEYOND_MAX);
    if (rows.length > BEYOND_MAX) this.#isGapless = false;
  }

  /** The row of a message, or undefined. */
  row(seq) {
    if (!Number.isSafeInteger(seq)) return undefined;
    const name = String(seq);
    return this.#list.querySelector(`[data-seq="${name}"]`) ?? this.#beyond.find(({ dataset }) => dataset.seq === name);
  }

  get #rows() {
    return [...this.#list.children, ...this.#beyond];
  }

  #newRow(message) {
    const row = messageRow(message, this.#isMine);
    if (message.reply_to !== undefined && !message.deleted) row.dataset.replyTo = message.reply_to;
    return row;
  }

  #fill(row, message) {
    this.#follower.changeRow(row, () => fillRow(row, message, this.#isMine));
  }

  /** Shows in a row what it replies to, if that is here. */
  #quote(row) {
    const target = row.dataset.replyTo && this.row(Number(row.dataset.replyTo));
    if (target) fillQuote(row.querySelector(".quote"), messageIn(target));
  }
}
