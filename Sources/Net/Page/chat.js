/** The chat page: connects ChatClient (the protocol) with MessageLog (the display) and the form. */
import { ChatClient } from "./chat-client.js";
import { MessageLog } from "./chat-log.js";

const PAGE_SIZE = 100; // older messages a request
const SETTLE_MS = 1000; // history that stops short of its announced end counts as complete after this

const ENDINGS = {
  no_session: ["You are not signed in", "Open the chat from where you were given access to it.", false],
  invalid_session: ["Your session is not valid", "It may have expired. Sign in again to get a new one.", false],
  revoked: ["Your session was ended", "You have been signed out of this chat.", false],
  too_many_connections: ["This chat is open too often", "Close it in another window, then connect again.", true],
  message_too_big: ["The connection was closed", "A message was too long for this server.", true],
  protocol_error: ["The connection was closed", "The server and this page did not understand each other.", true],
};
const PROBLEMS = {
  bad_message: "the server cannot take this text.",
  too_long: "it is too long.",
  read_only: "you may read here, not write.",
  muted: "you are muted.",
  frozen: "this room is closed for now.",
  not_stored: "the server could not store it.",
  unavailable: "the server is busy. Try again in a moment.",
};
const REFUSED = "the server did not accept it.";

const $ = (id) => document.getElementById(id);
const [form, field, problem, newest, older] = ["say", "text", "problem", "newest", "older"].map($);
const log = new MessageLog($("scroller"), $("log"), $("outgoing"));
const scroller = $("scroller");

const KEY = "roomcast.session_key";
const sessionKey = takeSessionKey();
let settleTimer = 0;
let unseen = 0;

/** Reads the key once from the address, then hides it; sessionStorage lets a reload work. */
function takeSessionKey() {
  const address = new URL(location.href);
  const given = address.searchParams.get("session_key");
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    address.searchParams.delete("session_key");
    history.replaceState(null, "", address.pathname + address.search);
  }
  return sessionStorage.getItem(KEY);
}

function showState({ state, reason }) {
  const texts = { connecting: "Connecting…", open: "Connected", reconnecting: "Connection lost. Reconnecting…" };
  // While it keeps trying, "connecting" would only make the banner flicker.
  if (!(state === "connecting" && $("state").dataset.state === "reconnecting")) {
    $("state").dataset.state = state;
    $("state").textContent = texts[state] ?? "Disconnected";
  }
  if (state === "ended") showEnding(reason);
}

function showEnding(reason) {
  const [title, text, again] = ENDINGS[reason] ?? ENDINGS.protocol_error;
  $("state").dataset.state = "ended";
  $("state").textContent = "Disconnected";
  $("ended").dataset.reason = reason;
  $("ended").querySelector("h2").textContent = title;
  $("ended").querySelector("p").textContent = text;
  $("ended").querySelector("button").hidden = !again;
  $("ended").hidden = false;
  form.hidden = true;
  older.hidden = true;
  settled();
  if (!again) sessionStorage.removeItem(KEY);
}

function showWelcome(client, { user, room, role, last_seq }) {
  $("who").replaceChildren(`Room ${room} · `, Object.assign(document.createElement("bdi"), { textContent: user }));
  const reader = role === "reader";
  field.disabled = form.querySelector("button").disabled = reader;
  field.placeholder = reader ? "You may read here, not write" : "Write a message";
  if ((client.position ?? 0) >= last_seq) return settled();
  clearTimeout(settleTimer);
  settleTimer = setTimeout(settled, SETTLE_MS);
}

/** History is in: from here on a screen reader speaks what arrives, and older messages may be asked for. */
function settled() {
  clearTimeout(settleTimer);
  $("log").setAttribute("aria-busy", "false");
  offerOlder((log.oldest ?? 1) > 1);
}

function offerOlder(more) {
  older.hidden = !more || !$("ended").hidden;
  $("beginning").hidden = more;
  $("beginning").textContent = log.oldest === null ? "No messages yet." : "This is where the conversation begins.";
}

async function loadOlder(client, before) {
  if (before === null) return; // nothing is shown yet
  const { era } = log;
  try {
    const { messages, more } = await client.loadOlder({ before, limit: PAGE_SIZE });
    if (log.era !== era) return; // it was cleared meanwhile
    log.prepend(messages);
    offerOlder(more);
    if (more) watchTop.unobserve(older), watchTop.observe(older); // still in view: asks again
  } catch {
    // Lost with the connection: the button is still there, and scrolling asks again.
  }
}

function showMessage(client, message) {
  const shown = log.append(message);
  if (!$("beginning").hidden) offerOlder(false); // no longer "no messages yet"
  if (message.seq >= client.welcome.last_seq && $("log").ariaBusy === "true") settled();
  if ($("log").ariaBusy === "true" || message.own) return;
  if (document.hidden || !shown || !log.atEnd) countUnseen(unseen + 1);
}

function countUnseen(count) {
  unseen = count;
  newest.hidden = log.atEnd;
  newest.classList.toggle("unseen-messages", count > 0);
  newest.firstChild.textContent = count > 0 ? `${count} new ${count === 1 ? "message" : "messages"} ` : "Newest ";
  document.title = count > 0 ? `(${count}) Chat` : "Chat";
}

function showNewest(client) {
  const gone = log.detached;
  if (gone) {
    log.clear();
    loadOlder(client, client.position + 1);
  }
  log.toEnd();
  countUnseen(0);
}

function say(client) {
  problem.textContent = "";
  const text = field.value;
  if (text.trim() === "") return;
  try {
    client.send(text);
  } catch (error) {
    problem.textContent = error.message;
    return;
  }
  field.value = "";
  if (!log.atEnd) showNewest(client);
}

function showOutgoing(client, { error, ...outgoing }) {
  const again = ["Send again", (row) => (row.remove(), client.send(outgoing.text))];
  const discard = ["Discard", (row) => row.remove()];
  const ended = client.state === "ended";
  const reason = ended ? "the connection was closed first." : (PROBLEMS[error?.code] ?? REFUSED);
  log.showOutgoing({ ...outgoing, problem: reason }, ended ? [discard] : [again, discard]);
}

function start(client) {
  const on = (name, act) => client.addEventListener(name, ({ detail }) => act(detail));
  on("state", showState);
  on("welcome", (frame) => showWelcome(client, frame));
  on("reset", () => (log.clear(), countUnseen(0), $("log").setAttribute("aria-busy", "true")));
  on("message", (message) => showMessage(client, message));
  on("outgoing", (outgoing) => showOutgoing(client, outgoing));
  on("edited", ({ edited, message }) => log.edit(edited, message));
  on("deleted", ({ deleted }) => log.delete(deleted));

  form.addEventListener("submit", (event) => (event.preventDefault(), say(client)));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  newest.addEventListener("click", () => (showNewest(client), field.focus()));
  older.firstElementChild.addEventListener("click", () => loadOlder(client, log.oldest));
  log.onEndReached = (reached) => countUnseen(reached && !document.hidden ? 0 : unseen);
  document.addEventListener("visibilitychange", () => log.atEnd && countUnseen(0));
  $("ended").querySelector("button").addEventListener("click", () => location.reload());
  client.connect();
  if (matchMedia("(pointer: fine)").matches) field.focus();
  return client;
}

/** Scrolling near the top loads older messages; the button is there for whom it does not work. */
const watchTop = new IntersectionObserver(
  ([entry]) => entry.isIntersecting && client && loadOlder(client, log.oldest),
  { root: scroller, rootMargin: "400px 0px 0px 0px" },
);

const client = sessionKey
  ? new ChatClient({ url: document.querySelector('meta[name="chat-ws-url"]').content, sessionKey })
  : null;
if (client) {
  start(client);
  watchTop.observe(older);
} else {
  showEnding("no_session");
}
