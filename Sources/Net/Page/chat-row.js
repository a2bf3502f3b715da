/** Makes the row of a message. Names and texts are only ever set as text, never as markup. */

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

export function messageRow({ seq, time, user, message, own }) {
  const row = element("li", own ? "message own" : "message");
  Object.assign(row.dataset, { seq, time, user });
  row.style.setProperty("--hue", hueOf(String(user)));
  if (own) row.dataset.state = "stored";
  const name = element("bdi", "name", user);
  const clock = element("time", "", timeText(timeOnly, time));
  clock.dateTime = time;
  clock.lang = dateLanguage;
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

export function button(label, act, className = "") {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", act);
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
