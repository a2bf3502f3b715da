/** The browser client of Roomcast. The protocol: docs/protocol.md of the server. */

/** What a client needs to connect. */
export interface Session {
  /** The server's address, for example `wss://chat.example.org/`. */
  url: string | URL;
  /** The key of a row in the table `sessions`. It is sent in the first frame, never in the address. */
  sessionKey: string;
}

export interface Options {
  /** How many of the newest messages to ask for; 0 for none. Default: the server's own. */
  history?: number;
  /** Further events, for example `"presence,typing"`; `session` and `changes` are always asked for. */
  events?: string;
  /** For example `sessionStorage`: messages that wait to be sent survive a reload. One client for each person. */
  storage?: Storage | null;
  /** Names this person in `storage`, for example the id of your user. Without it the session key does. */
  storageKey?: string;
  /** A class with the interface of browsers, where the runtime has none (Node.js before 22: the package `ws`). */
  WebSocket?: new (url: string | URL) => unknown;
  /** How many own messages may wait to be stored (100). */
  pendingMax?: number;
  /** How many of these are sent before the first is answered (16). */
  inFlightMax?: number;
  /** The longest frame in bytes, if below the server's own limit. */
  frameBytesMax?: number;
  /** The first and the longest pause before a new connection (500, 30000). */
  backoffMinMs?: number;
  backoffMaxMs?: number;
  /** How long a new connection may take until the welcome (15000). */
  handshakeTimeoutMs?: number;
  /** How long to wait for history before own messages are sent (1000). */
  historyWaitMs?: number;
  /** A connection that lived so long begins the pauses anew (10000). */
  steadyMs?: number;
  /** A message that is not answered for so long: a new connection is tried (10000). */
  ackTimeoutMs?: number;
  /** After so long in a hidden page (60000), */
  hiddenMs?: number;
  /** or with timers so late (15000; in a hidden page 150000), the machine may have slept: a new connection is tried. */
  jumpMs?: number;
  hiddenJumpMs?: number;
  /** How often that is looked at (1000). */
  tickMs?: number;
}

/** A session for the life of the client. */
export interface FixedSession extends Options, Session {}

/** A session that is asked for at the start, and whenever the key is refused or has expired. */
export interface RenewableSession extends Options {
  /** Promise a session, or null if nobody is signed in. A failure is tried again later. */
  getSession: () => Promise<Session | null>;
}

/** The first frame of the server. */
export interface Welcome {
  authenticated: true;
  user: string;
  user_id?: string;
  room: number;
  role: "member" | "reader" | "moderator";
  epoch: string;
  /** The number of the newest message of the room; 0 if there is none. */
  last_seq: number;
  resumed: boolean;
  reset?: "epoch" | "ahead" | "pruned";
  message_bytes_max?: number;
}

/** Who reacted with one emoji. */
export interface Reaction {
  count: number;
  /** The names of the first 20. */
  users: string[];
}

/** A message, as earlier changes have left it. */
export interface Message {
  /** The place in the room's order: later messages have greater numbers. */
  seq: number;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  user: string;
  user_id?: string;
  /** The text; empty if the message is deleted. */
  message: string;
  deleted?: true;
  /** The id that the sender gave it. */
  id?: string;
  /** The seq of the message that this one replies to; that one may be deleted, or not be there any more. */
  reply_to?: number;
  /** The seq of the newest edit. */
  edited_seq?: number;
  /** The seq of the newest change that is in this message. */
  changed_seq?: number;
  /** By emoji. */
  reactions?: Record<string, Reaction>;
  /** Whether this person sent it. */
  own: boolean;
}

interface ChangeOf {
  /** The place in the room's order: changes and messages share it. */
  seq: number;
  time: string;
  /** Who changed it; null if the application did. */
  user: string | null;
  user_id?: string;
  /** The id of the command. */
  id?: string;
}

/** A change of an earlier message, whose seq is in `edited`, `deleted` or `reacted`; `withChange` makes the message of it. */
export type Change = ChangeOf &
  (
    | { edited: number; message: string }
    | { deleted: number }
    | ({ reacted: number; emoji: string; on: boolean } & Reaction)
  );

/** A refusal: the error of the promises of `edit`, `remove` and `react`. */
export interface ChangeError extends Error {
  /** For example `forbidden`, `not_found`, `read_only`; `moved` or the reason of the state `ended`: perhaps carried out. */
  code: string;
}

export interface ServerError {
  code: string;
  detail?: string;
  id?: string;
  retry_after_ms?: number;
}

/** The life of an own message. */
export interface Outgoing {
  id: string;
  text: string;
  /** The seq of the message that it replies to. */
  replyTo?: number;
  state: "sending" | "stored" | "failed";
  /** With `stored`: what the server stored. */
  message?: Omit<Message, "own">;
  /** With `failed`: why. */
  error?: ServerError;
}

export interface State {
  state: "connecting" | "open" | "reconnecting" | "ended";
  /** With `reconnecting`: the pause. */
  inMs?: number;
  /** With `ended`: why. */
  reason?: "closed" | "no_session" | "invalid_session" | "revoked" | "too_many_connections" | "message_too_big" | "protocol_error";
  code?: number;
}

export interface ChatEvents {
  state: State;
  welcome: Welcome;
  /** Forget every message passed on so far; fresh history follows. */
  reset: { reason: string };
  /** In the order of `seq`, each once. */
  message: Message;
  outgoing: Outgoing;
  /** The name or the role of the session has changed. */
  session: { user: string; role: string };
  /** In the order of `seq`, with the messages, each once. */
  changed: Change & { own: boolean };
  presence: { count: number; users?: string[]; joined?: string[]; left?: string[] };
  typing: { user: string };
  /** An error that belongs to no own message. */
  refused: ServerError;
  /** A frame that this version does not know. */
  ignored: { frame: unknown };
}

/**
 * A connection to one room that reconnects by itself: no message is lost, and none is passed on twice. An `EventTarget`
 * of the events in `ChatEvents`.
 *
 * @example
 * const chat = new ChatClient({ getSession: () => fetch("/chat-session", { method: "POST" }).then((it) => it.json()) });
 * chat.addEventListener("message", ({ detail }) => show(detail.user, detail.message));
 * chat.connect();
 * chat.send("Hello");
 */
export class ChatClient {
  /** @throws {TypeError} without `getSession` and without `url` and `sessionKey`. */
  constructor(options: FixedSession | RenewableSession);

  /** The server's first frame, with what has changed since; null before it. */
  readonly welcome: Welcome | null;
  /** The state that the last event `state` told. */
  readonly state: "idle" | State["state"];
  /** The seq of the last message passed on, or null. */
  readonly position: number | null;
  /** Whether a reload would lose nothing. */
  readonly isKept: boolean;

  /** Opens the connection and keeps it until `close()` or a final close code; after either it may be called again. */
  connect(): void;
  /** Ends the connection. */
  close(): void;
  /**
   * Sends a message. The text waits until the server has stored it, over reconnects of any length.
   *
   * @param options the id of an earlier message: if the server has stored that one, it answers with it; the seq of a message
   *   that this one replies to.
   * @returns the id that `outgoing` events carry.
   * @throws {RangeError} if the text is too long or too many messages wait; {Error} if the connection has ended.
   */
  send(text: string, options?: { id?: string; replyTo?: number }): string;
  /**
   * Gives an own message another text; a moderator may do so with any. It waits for the server as long as it takes, over
   * reconnects, and is carried out once.
   *
   * @returns the change as stored; rejected with a `ChangeError`, or with what `send` throws.
   */
  edit(seq: number, text: string): Promise<Change>;
  /** Deletes an own message; a moderator any. */
  remove(seq: number): Promise<Change>;
  /** Sets or withdraws a reaction; `{done}` if it was as wanted already. */
  react(seq: number, emoji: string, on?: boolean): Promise<Change | { done: "react" }>;
  /** Forgets an own message that failed because the connection ended. */
  discard(id: string): void;
  /** Asks for messages older than `before` (default: the oldest passed on), oldest first. */
  loadOlder(options?: { before?: number | null; limit?: number }): Promise<{ messages: Message[]; more: boolean }>;

  addEventListener<Name extends keyof ChatEvents>(
    type: Name,
    listener: (event: CustomEvent<ChatEvents[Name]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof ChatEvents>(
    type: Name,
    listener: (event: CustomEvent<ChatEvents[Name]>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

/**
 * The message after a change: the same object if the change is of another message, or in it already.
 *
 * @example
 * chat.addEventListener("changed", ({ detail }) => (messages = messages.map((each) => withChange(each, detail))));
 */
export function withChange(message: Message, change: Change): Message;
