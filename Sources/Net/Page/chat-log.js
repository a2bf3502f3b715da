/** Shows messages in order: days, names, times; keeps the end in view unless the reader scrolled away. */

const ROWS_MAX = 2000; // in the document; what falls out can be loaded again
const GROUP_MS = 5 * 60 * 1000; // messages of one person closer than this share one name
const NAME_COLOURS = 8;
const END_PX = 48; // this near to the end counts as being there

const timeOnly = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The list of messages inside its scrolling box. Names and texts are only ever set as text, never as markup. */
export class MessageLog {
  #list;
  #outgoing;
  #scroller;
  #atEnd = true;
  #scrollWanted = false;

  /** Whether the newest rows fell out while the reader loaded older ones: what comes now is not shown. */
  detached = false;

  /** Grows each time the log is cleared: what was asked for before belongs to another log. */
  era = 0;

  /** Called when the reader reaches or leaves the end. */
  onEndReached = () => {};

  constructor(scroller, list, outgoing) {
    this.#scroller = scroller;
    this.#list = list;
    this.#outgoing = outgoing;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A phone's keyboard or a longer text field makes the box smaller: the end stays in view.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(scroller);
  }

  get atEnd() {
    return this.#atEnd && !this.detached;
  }

  /** The seq of the oldest row, or null. */
  get oldest() {
    const first = this.#list.firstElementChild;
    return first ? Number(first.dataset.seq) : null;
  }

  /** Adds the newest message; false if it is not shown. */
  append(message) {
    if (this.detached) return false;
    const row = messageRow(message);
    this.#list.append(row);
    this.#relate(row);
    if (this.#list.childElementCount > ROWS_MAX && this.#atEnd) this.#dropOldest();
    this.#keepEnd();
    return true;
  }

  /** Adds older messages, oldest first, without moving what the reader sees. */
  prepend(messages) {
    const below = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    const seam = this.#list.firstElementChild;
    const { oldest } = this;
    const fits = ({ seq, message }) => typeof message === "string" && (oldest === null || seq < oldest);
    const rows = messages.filter(fits).map(messageRow);
    this.#list.setAttribute("aria-busy", "true"); // old messages are not news to read aloud
    this.#list.prepend(...rows);
    rows.forEach((row) => this.#relate(row));
    if (seam) this.#relate(seam);
    this.#scroller.scrollTop = this.#scroller.scrollHeight - below;
    while (this.#list.childElementCount > ROWS_MAX) {
      this.#list.lastElementChild.remove();
      this.detached = true;
    }
    this.#list.setAttribute("aria-busy", "false");
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
    this.era += 1;
    this.detached = false;
    this.#atEnd = true;
  }

  /** Shows the life of an own message that is not in the room yet; `actions` are offered when it failed. */
  showOutgoing({ id, text, state, problem }, actions) {
    let row = this.#outgoing.querySelector(`[data-id="${id}"]`);
    if (state === "stored") return row?.remove();
    if (!row) {
      row = element("li", "message own");
      row.dataset.id = id;
      const bubble = element("div", "bubble");
      bubble.append(textElement(text), element("p", "meta"));
      row.append(bubble);
      this.#outgoing.append(row);
    }
    row.dataset.state = state;
    const meta = row.querySelector(".meta");
    meta.textContent = state === "failed" ? `Not sent: ${problem}` : "sending…";
    if (state === "failed") meta.append(...actions.map(([label, act]) => button(label, () => act(row))));
    this.#keepEnd();
  }

  /** Goes to the newest message. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
    this.onEndReached(true);
  }

  #row(seq) {
    return Number.isSafeInteger(seq) ? this.#list.querySelector(`[data-seq="${seq}"]`) : null;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < END_PX;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.onEndReached(this.atEnd);
  }

  /** One scroll a frame, however many messages came: measuring the page for each would be slow. */
  #keepEnd() {
    if (!this.#atEnd || this.#scrollWanted) return;
    this.#scrollWanted = true;
    requestAnimationFrame(() => {
      this.#scrollWanted = false;
      if (this.#atEnd) this.toEnd();
    });
  }

  #dropOldest() {
    this.#list.firstElementChild.remove();
    this.#relate(this.#list.firstElementChild);
  }

  /** Fits a row to the one before it: a new day gets a heading, the same person goes on without a name. */
  #relate(row) {
    const before = row.previousElementSibling;
    const time = Date.parse(row.dataset.time);
    const newDay = !before || dayOf(Date.parse(before.dataset.time)) !== dayOf(time);
    const near = before && Math.abs(time - Date.parse(before.dataset.time)) < GROUP_MS;
    row.classList.toggle("follows", !newDay && near && before.dataset.user === row.dataset.user);
    row.querySelector(".day")?.remove();
    if (!newDay || Number.isNaN(time)) return;
    const heading = element("p", "day");
    heading.dataset.time = row.dataset.time;
    row.prepend(heading);
    for (const each of this.#list.querySelectorAll(".day")) each.textContent = dayName(Date.parse(each.dataset.time));
  }
}

function messageRow({ seq, time, user, message, own }) {
  const row = element("li", own ? "message own" : "message");
  Object.assign(row.dataset, { seq, time, user, colour: colourOf(String(user)) });
  if (own) row.dataset.state = "stored";
  const name = element("bdi", "name", user);
  const clock = element("time", "", timeText(timeOnly, time));
  clock.dateTime = time;
  clock.title = timeText(dateAndTime, time);
  const mark = element("span", "mark");
  if (own) mark.append(hidden(element("span", "", "✓")), element("span", "unseen", " stored"));
  const meta = element("p", "meta");
  meta.append(clock, " ", mark);
  const bubble = element("div", "bubble");
  bubble.append(name, textElement(message), meta);
  row.append(bubble);
  return row;
}

function textElement(text) {
  const paragraph = element("p", "text", text);
  paragraph.dir = "auto";
  return paragraph;
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function hidden(node) {
  node.ariaHidden = "true";
  return node;
}

function button(label, act) {
  const made = element("button", "", label);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

const dayOf = (time) => new Date(time).toDateString();

function dayName(time) {
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(time) === dayOf(Date.now())) return "Today";
  if (dayOf(time) === dayOf(yesterday)) return "Yesterday";
  return dateOnly.format(time);
}

function timeText(format, time) {
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? "" : format.format(parsed);
}

function colourOf(name) {
  let hash = 0x811c9dc5; // FNV-1a: near names still get different colours
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
  return (hash >>> 8) % NAME_COLOURS;
}
