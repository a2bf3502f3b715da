/** What a ChatClient does unless its maker says otherwise. */
export const DEFAULTS = {
  history: undefined, // the server's own default
  events: undefined, // for example "presence,typing"; "session" is always asked for
  storage: undefined, // for example sessionStorage: what waits to be sent survives a reload; one client for each session
  storageKey: undefined, // names this person in the storage; needed with getSession, else the session key does
  WebSocket: undefined, // a class with the interface of browsers, where the runtime has none
  pendingMax: 100, // own messages not yet stored
  inFlightMax: 16, // of these, sent and not yet answered: keeps a resend below the rate limit's burst
  frameBytesMax: undefined, // below the server's own limit
  backoffMinMs: 500,
  backoffMaxMs: 30000,
  handshakeTimeoutMs: 15000,
  historyWaitMs: 1000, // a server may be set to send none
  steadyMs: 10000, // a connection that lived this long starts the backoff anew
  ackTimeoutMs: 10000, // an answer later than this: a new connection is tried
  hiddenMs: 60000, // a page that was hidden for longer, or
  jumpMs: 15000, // a timer that is later than this: the connection may have died in sleep
  hiddenJumpMs: 150000, // the same in a hidden page, where browsers run timers once a minute
  tickMs: 1000,
};
