/** The chat page: connects ChatClient (the protocol) with the display and the form. */
import { Actions } from "./chat-actions.js";
import { Changes } from "./chat-changes.js";
import { ChatClient } from "./chat-client.js";
import { EndFollower } from "./chat-follow.js";
import { MessageForm } from "./chat-form.js";
import { Kept, digestOf, tabStorage } from "./chat-kept.js";
import { MessageLog } from "./chat-log.js";
import { Outgoing } from "./chat-outgoing.js";

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
const TOO_MANY_FAILED = "Too many messages could not be sent. Send them again or discard them first.";

const $ = (id) => document.getElementById(id);
const [scroller, newest, older] = ["scroller", "newest", "older"].map($);
const follower = new EndFollower(scroller);
const log = new MessageLog($("live"), $("log"), follower, (message, emoji) => changes?.isMine(message, emoji) ?? false);

const KEY = "roomcast.session_key";
const LAST = "roomcast.session_digest"; // remains when the key has been removed: what was written can still be copied
const storage = tabStorage();
let settleTimer = 0;
let unseen = 0;

function remember(name, value) {
  try {
    storage?.setItem(name, value);
  } catch {
    // Full: this page works, a reload asks for the session anew.
  }
}

/** Reads the key once from the address, then hides it; the tab's storage lets a reload work. */
function takeSessionKey() {
  const address = new URL(location.href);
  const given = address.searchParams.get("session_key");
  if (given !== null) {
    remember(KEY, given);
    address.searchParams.delete("session_key");
    history.replaceState(null, "", address.pathname + address.search);
  }
  return given ?? storage?.getItem(KEY) ?? null;
}

function takeDigest(sessionKey) {
  if (!sessionKey) return storage?.getItem(LAST) ?? "none";
  const digest = digestOf(sessionKey);
  remember(LAST, digest);
  return digest;
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
  form.end();
  older.hidden = true;
  settled();
  if (!again) storage?.removeItem(KEY);
}

function connectAgain() {
  $("ended").hidden = true;
  form.resume();
  client.connect();
}

function showSession({ user, role }) {
  const name = Object.assign(document.createElement("bdi"), { textContent: user });
  $("who").replaceChildren(`Room ${client.welcome.room} · `, name);
  form.setReader(role === "reader");
}

function showWelcome(welcome) {
  showSession(welcome);
  if ((client.position ?? 0) >= welcome.last_seq) return settled();
  clearTimeout(settleTimer);
  settleTimer = setTimeout(settled, SETTLE_MS);
}

/** History is in: from here on a screen reader speaks what arrives, and older messages may be asked for. */
function settled() {
  clearTimeout(settleTimer);
  log.isBusy = false;
  offerOlder((log.oldest ?? 1) > 1);
}

function offerOlder(more) {
  older.hidden = !more || !$("ended").hidden;
  $("beginning").hidden = more;
  $("beginning").textContent = log.oldest === null ? "No messages yet." : "This is where the conversation begins.";
}

async function loadOlder() {
  if (log.oldest === null) return; // nothing is shown yet
  const { era } = log;
  try {
    const { messages, more } = await client.loadOlder({ before: log.oldest, limit: PAGE_SIZE });
    if (log.era !== era) return; // it was cleared meanwhile
    log.prepend(messages);
    offerOlder(more);
    if (more) watchTop.unobserve(older), watchTop.observe(older); // still in view: asks again
  } catch {
    // Lost with the connection: the button is still there, and scrolling asks again.
  }
}

function showMessage(message) {
  const shown = log.append(message);
  if (!$("beginning").hidden) offerOlder(false); // no longer "no messages yet"
  if (message.seq >= client.welcome.last_seq && log.isBusy) settled();
  if (log.isBusy || message.own) return;
  if (document.hidden || !shown || !log.atEnd) countUnseen(unseen + 1);
}

function showChange(change) {
  changes.heard(change);
  if (change.deleted !== undefined) {
    const row = log.row(change.deleted);
    if (row) actions.leave(row);
    form.forget(change.deleted);
  }
  log.change(change);
  if (change.seq >= client.welcome.last_seq && log.isBusy) settled();
}

function countUnseen(count) {
  unseen = count;
  newest.hidden = log.atEnd;
  newest.classList.toggle("unseen-messages", count > 0);
  newest.firstChild.textContent = count > 0 ? `${count} new ${count === 1 ? "message" : "messages"} ` : "Newest ";
  document.title = count > 0 ? `(${count}) Chat` : "Chat";
}

function showNewest() {
  log.toNewest();
  countUnseen(0);
}

function say(text, options) {
  if (outgoing.isFull && !options?.id) throw new RangeError(TOO_MANY_FAILED);
  client.send(text, options);
  if (!log.atEnd) showNewest();
}

function sayAgain({ id, text, replyTo }) {
  try {
    say(text, { id, replyTo }); // if it was stored after all, the server does not store it twice
  } catch (error) {
    form.complain(error.message);
  }
}

/** The room begins anew: numbers may name other messages than before. */
function forgetAll() {
  log.clear();
  changes.reset();
  form.cancel();
  countUnseen(0);
  log.isBusy = true;
}

function start() {
  const on = (name, act) => client.addEventListener(name, ({ detail }) => act(detail));
  on("state", showState);
  on("welcome", showWelcome);
  on("session", showSession);
  on("reset", forgetAll);
  on("message", showMessage);
  on("outgoing", ({ id, text, replyTo, state, error }) => {
    outgoing.update({ id, text, replyTo, state, code: client.state === "ended" ? "closed" : error?.code });
  });
  on("changed", showChange);

  newest.addEventListener("click", () => (showNewest(), form.focus()));
  older.firstElementChild.addEventListener("click", loadOlder);
  log.onOlderShed = () => offerOlder(true);
  form.onUp = () => log.lastOwn && changes.edit(log.lastOwn);
  follower.onChange = (isFollowing) => {
    if (isFollowing) log.extend();
    countUnseen(log.atEnd && !document.hidden ? 0 : unseen);
  };
  document.addEventListener("visibilitychange", () => log.atEnd && countUnseen(0));
  $("ended").querySelector("button").addEventListener("click", connectAgain);
  client.connect();
  if (matchMedia("(pointer: fine)").matches) form.focus();
}

const sessionKey = takeSessionKey();
const digest = takeDigest(sessionKey);
const url = document.querySelector('meta[name="chat-ws-url"]').content;
const client = sessionKey ? new ChatClient({ url, sessionKey, storage }) : null;
const form = new MessageForm($("say"), $("problem"), $("about"), new Kept(storage, digest, "draft"), say);
const outgoing = new Outgoing($("outgoing"), new Kept(storage, digest, "failed"), follower, {
  again: sayAgain,
  edit: ({ id, text }) => (client.discard(id), form.add(text)),
  discard: ({ id }) => client?.discard(id),
});

const changes = client && new Changes(client, log, form, loadOlder);
const actions = client && new Actions($("log"), $("actions"), changes);

/** Scrolling near the top loads older messages; the button is there for whom it does not work. */
const watchTop = new IntersectionObserver(([entry]) => entry.isIntersecting && client && loadOlder(), {
  root: scroller,
  rootMargin: "400px 0px 0px 0px",
});

// What the tab's storage does not hold would be lost.
addEventListener("beforeunload", (event) => {
  if (![form, outgoing, ...(client ? [client] : [])].every(({ isKept }) => isKept)) event.preventDefault();
});

if (client) {
  start();
  watchTop.observe(older);
} else {
  showEnding("no_session");
}
