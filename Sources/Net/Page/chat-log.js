/** Shows messages in order, in a bounded number of rows. */
import { messageRow, relateRow } from "./chat-row.js";

const ROWS_MAX = 1000; // in the document; older ones can be loaded again
const ROWS_SHED = 100; // removed together: to measure the page for each would be slow
const BEYOND_MAX = 200; // newest rows that are kept while the reader is far above them

/** The list of messages inside its scrolling box. */
export class MessageLog {
  #live;
  #list;
  #follower;
  #beyond = []; // rows after the last one of the list, up to the newest
  #isGapless = true; // no row is missing between the list and these

  /** Grows each time the list begins elsewhere: older messages that were asked for before do not join it any more. */
  era = 0;

  /** Called when the oldest rows have been removed: they are older history now. */
  onOlderShed = () => {};

  /** @param {HTMLElement} live the live region @param {HTMLElement} list in it @param {EndFollower} follower */
  constructor(live, list, follower) {
    this.#live = live;
    this.#list = list;
    this.#follower = follower;
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
    const row = messageRow(message);
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
    const rows = messages.filter(fits).map(messageRow);
    this.#quietly(() => {
      this.#follower.changeAbove(() => {
        this.#list.prepend(...rows);
        rows.forEach(relateRow);
        if (seam) relateRow(seam);
      });
      this.#shed();
    });
  }

  edit(seq, text) {
    const row = this.#row(seq);
    if (!row) return;
    row.querySelector(".text").textContent = text;
    row.classList.add("edited");
    row.querySelector(".mark").textContent = "edited";
  }

  delete(seq) {
    const row = this.#row(seq);
    if (!row) return;
    row.classList.add("deleted");
    row.querySelector(".text").textContent = "This message was deleted.";
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
      this.#follower.removeBelow(() => last.forEach((row) => row.remove()));
      this.#setBeyond([...last, ...this.#beyond]);
    }
  }

  #setBeyond(rows) {
    this.#beyond = rows.slice(-BEYOND_MAX);
    if (rows.length > BEYOND_MAX) this.#isGapless = false;
  }

  #row(seq) {
    if (!Number.isSafeInteger(seq)) return null;
    const name = String(seq);
    return this.#list.querySelector(`[data-seq="${name}"]`) ?? this.#beyond.find(({ dataset }) => dataset.seq === name);
  }
}
