// Compiled by the tests, not run: what an application writes must fit the types.
import { ChatClient, withChange, type ChangeError, type Message, type Session } from "roomcast";
import { useChat } from "roomcast/react";

async function getSession(): Promise<Session | null> {
  const answer = await fetch("/chat-session", { method: "POST" });
  return answer.status === 401 ? null : ((await answer.json()) as Session);
}

const chat = new ChatClient({ getSession, storage: sessionStorage, storageKey: "user 42" });
const fixed = new ChatClient({ url: "wss://chat.example/", sessionKey: "k", history: 0 });

chat.addEventListener("message", ({ detail }) => show(detail));
chat.addEventListener("outgoing", ({ detail }) => {
  if (detail.state === "failed") console.warn(detail.text, detail.error?.code);
});
chat.addEventListener("state", ({ detail }) => {
  if (detail.state === "ended" && detail.reason === "no_session") location.assign("/login");
});
chat.connect();
const id: string = chat.send("Hello");
chat.discard(id);
chat.send("Hello again", { replyTo: 1 });
let shown: Message[] = [];
chat.addEventListener("changed", ({ detail }) => {
  shown = shown.map((each) => withChange(each, detail));
  if ("reacted" in detail) console.info(detail.emoji, detail.on);
});
void chat.edit(1, "Hello!").then(({ seq }) => seq);
chat.remove(1).catch(({ code }: ChangeError) => console.warn(code));
void chat.react(1, "👍", false);
void chat.loadOlder({ limit: 50 }).then(({ messages, more }) => more && messages.forEach(show));
fixed.close();

function show(message: Message): void {
  document.body.append(`${message.user}: ${message.message}`);
}

export function names(): string[] {
  const { messages, state } = useChat({ getSession });
  return state === "open" ? messages.map(({ user }) => user) : [];
}

// @ts-expect-error the session is missing
new ChatClient({});
// @ts-expect-error there is no such event
chat.addEventListener("massage", () => {});
// @ts-expect-error calls that the server would refuse do not exist
chat.typing();
// @ts-expect-error a reaction needs an emoji
void chat.react(1);
