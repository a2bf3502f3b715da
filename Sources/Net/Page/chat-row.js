/** Makes the row of a message. Names and texts are only ever set as text, never as markup. */
import { quoteElement } from "./chat-quote.js";
import { reactionsElement } from "./chat-reactions.js";

const GROUP_MS = 5 * 60 * 1000; // messages of one person closer than this share one name

// The reader's own languages, which are not always that of the browser: they decide between 17:20 and 5:20 PM.
const languages = [...(navigator.languages ?? [])].filter(isLanguage);
const timeOnly = new Intl.DateTimeFormat(languages, { hour: "2-digit", minute: "2-digit" });
const dateOnly = new Intl.DateTimeFormat(languages, { dateStyle: "full" });
const dateAndTime = new Intl.DateTimeFormat(languages, { dateStyle: "full", timeStyle: "medium" });
const dateLanguage = dateOnly.resolvedOptions().locale;

/** Some systems name languages that `Intl` does not take, such as "en-US@posix". */
function isLanguage(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

const messages = new WeakMap(); // of rows

/** The message that a row shows. */
export const messageIn = (row) => messages.get(row);

/** @param {(message: object, emoji: string) => boolean} isMine whether the reader reacted so. */
export function messageRow(message, isMine) {
  const { seq, time, user, own, reply_to: target } = message;
  const row = element("li", own ? "message own" : "message");
  Object.assign(row.dataset, { seq, time, user });
  row.style.setProperty("--hue", hueOf(String(user)));
  const clock = element("time", "", timeText(timeOnly, time));
  clock.dateTime = time;
  clock.lang = dateLanguage;
  clock.title = timeText(dateAndTime, time);
  const menu = button("⋯", undefined, "act");
  menu.tabIndex = -1; // one of the list has 0: see Actions
  menu.ariaHasPopup = "menu";
  menu.ariaExpanded = "false";
  menu.ariaLabel = `Actions for the message of ${user}, ${clock.textContent}`;
  const meta = element("p", "meta");
  meta.append(clock, " ", element("span", "mark"), " ", menu);
  const bubble = element("div", "bubble");
  bubble.append(element("bdi", "name", user), textElement(""), meta);
  if (target !== undefined) bubble.querySelector(".text").before(quoteElement(target));
  row.append(bubble);
  fillRow(row, message, isMine);
  return row;
}

/** Shows a message in its row as it is now. */
export function fillRow(row, message, isMine) {
  messages.set(row, message);
  const { own, deleted, edited_seq: edited } = message;
  if (own && !deleted) row.dataset.state = "stored";
  row.classList.toggle("deleted", deleted === true);
  row.querySelector(".text").textContent = deleted ? "Message deleted" : message.message;
  const mark = row.querySelector(".mark");
  mark.textContent = edited ? "(edited) " : "";
  if (own && !deleted) mark.append(hidden(element("span", "", "✓")), element("span", "unseen", " stored"));
  row.querySelector(".problem")?.remove();
  row.querySelector(".act").hidden = deleted === true;
  if (deleted) row.querySelector(".quote")?.remove();
  const focused = document.activeElement?.closest?.(".chip");
  const emoji = row.contains(focused) ? focused.dataset.emoji : undefined;
  row.querySelector(".reactions")?.remove();
  const reactions = reactionsElement(message, isMine);
  if (reactions) row.querySelector(".meta").before(reactions);
  if (emoji === undefined) return;
  // The button that had the focus is another one now, or gone.
  const again = [...row.querySelectorAll(".chip")].find(({ dataset }) => dataset.emoji === emoji);
  (again ?? row.querySelector(".act")).focus({ preventScroll: true });
}

/** Tells at a message why it could not be changed. @param {HTMLElement[]} actions what the reader may do. */
export function complainAt(row, text, actions = []) {
  row.querySelector(".problem")?.remove();
  const problem = element("p", "problem", `${text} `);
  problem.setAttribute("role", "alert");
  problem.append(...actions);
  row.querySelector(".bubble").append(problem);
}

/** Fits a row to the one before it: a new day gets a heading, the same person goes on without a name. */
export function relateRow(row) {
  const before = row.previousElementSibling;
  const time = Date.parse(row.dataset.time);
  const isNewDay = !before || dayOf(Date.parse(before.dataset.time)) !== dayOf(time);
  const isNear = before && Math.abs(time - Date.parse(before.dataset.time)) < GROUP_MS;
  row.classList.toggle("follows", !isNewDay && isNear && before.dataset.user === row.dataset.user);
  row.querySelector(".day")?.remove();
  if (!isNewDay || Number.isNaN(time)) return;
  const heading = element("p", "day");
  heading.dataset.time = row.dataset.time;
  row.prepend(heading);
  for (const each of row.parentElement.querySelectorAll(".day")) nameDay(each, Date.parse(each.dataset.time));
}

export function textElement(text) {
  const paragraph = element("p", "text", text);
  paragraph.dir = "auto";
  return paragraph;
}

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** @param {Function|undefined} act on a click; undefined where the list listens for its rows. */
export function button(label, act, className = "") {
  const made = element("button", className, label);
  made.type = "button";
  if (act) made.addEventListener("click", act);
  return made;
}

function hidden(node) {
  node.ariaHidden = "true";
  return node;
}

const dayOf = (time) => new Date(time).toDateString();

function nameDay(heading, time) {
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  const name =
    dayOf(time) === dayOf(Date.now()) ? "Today" : dayOf(time) === dayOf(yesterday) ? "Yesterday" : dateOnly.format(time);
  if (heading.textContent === name) return;
  heading.textContent = name;
  heading.lang = name === "Today" || name === "Yesterday" ? "en" : dateLanguage;
}

function timeText(format, time) {
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? "" : format.format(parsed);
}

/** A hue for a name, 0 to 359 degrees; lightness and so contrast are those of the style sheet. */
function hueOf(name) {
  let hash = 0x811c9dc5; // FNV-1a: near names still get different hues
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash >>> 12) % 360;
}
