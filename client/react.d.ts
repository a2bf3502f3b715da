import type { ChatClient, FixedSession, Message, Outgoing, RenewableSession, State, Welcome } from "./index.js";

export interface Chat {
  /** The newest 1000 messages at most, in order. */
  messages: Message[];
  /** Own messages that are not stored yet, or failed. */
  outgoing: Outgoing[];
  state: "idle" | State["state"];
  reason?: State["reason"];
  welcome: Welcome | null;
  client: ChatClient;
}

/** Keeps a connection while the component is mounted; the options of the first call count. */
export function useChat(options: FixedSession | RenewableSession): Chat;
