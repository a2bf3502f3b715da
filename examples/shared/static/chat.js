/** The room of an order. The page's form "session" says where to ask for a session, and holds the token against CSRF if there is one. */
import { ChatClient, withChange } from "/static/client/chat-client.js"; // with a bundler: from "roomcast"

const ENDED = {
  no_session: "You are not signed in, or may not see this order.",
  revoked: "You were removed from this chat.",
};
const [state, messages, outgoing, session, say] = ["state", "messages", "outgoing", "session", "say"].map((id) => document.getElementById(id));

const chat = new ChatClient({
  getSession: async () => {
    const answer = await fetch(session.action, { method: "POST", body: new URLSearchParams(new FormData(session)) });
    if (answer.status === 401 || answer.status === 403) return null;
    if (!answer.ok) throw new Error(`${session.action}: ${answer.status}`); // asked again after a pause
    return answer.json();
  },
});

/** A line of a list. What people write is shown as text, never as HTML. */
function line(list, text, className = "") {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = className;
  list.append(item);
  return item;
}

chat.addEventListener("state", ({ detail }) => {
  state.textContent = detail.state === "ended" ? (ENDED[detail.reason] ?? detail.reason) : detail.state;
});
/** The messages that are shown, with their lines, by seq. */
const shown = new Map();
const textOf = ({ user, message, own, deleted }) => `${own ? "You" : user}: ${deleted ? "(deleted)" : message}`;

chat.addEventListener("reset", () => {
  messages.replaceChildren();
  shown.clear();
});
chat.addEventListener("message", ({ detail: message }) => {
  // Two persons may have one name: "own" compares user_id. The shop's own messages have none.
  const className = message.own ? "own" : message.user_id === undefined ? "shop" : "";
  const item = line(messages, textOf(message), className);
  item.scrollIntoView({ block: "nearest" });
  shown.set(message.seq, { message, item });
});
chat.addEventListener("changed", ({ detail: change }) => {
  const entry = shown.get(change.edited ?? change.deleted ?? change.reacted);
  if (!entry) return; // older than what is shown
  entry.message = withChange(entry.message, change);
  entry.item.textContent = textOf(entry.message);
});
chat.addEventListener("outgoing", ({ detail: { id, text, state, error } }) => {
  const item = outgoing.querySelector(`[data-id="${CSS.escape(id)}"]`) ?? line(outgoing, text);
  item.dataset.id = id;
  if (state === "stored") item.remove(); // it came as a message, too
  if (state === "failed") item.textContent = `Not sent (${error.code}): ${text}`;
});
say.addEventListener("submit", (event) => {
  event.preventDefault();
  try {
    chat.send(say.text.value);
    say.reset();
  } catch (error) {
    state.textContent = error.message; // too long, too many wait, or the chat has ended: the text stays
  }
});
chat.connect();
