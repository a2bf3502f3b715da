/** One WebSocket, from its opening to its end: logs in and hands on frames, until it is dropped. */
export class Connection {
  #socket;
  #owner;
  #timer;

  /**
   * @param {{url: string|URL, sessionKey: string}} session
   * @param {object} query parameters of the URL; null and undefined are left out
   * @param {{handshakeTimeoutMs: number, WebSocket?: Function}} options
   * @param {{received: (frame: any) => void, closed: (code: number, reason: string) => void}} owner
   *   is told nothing after `drop()`; a frame that is no JSON object is given as the text it is.
   */
  constructor({ url, sessionKey }, query, { handshakeTimeoutMs, WebSocket = globalThis.WebSocket }, owner) {
    const address = new URL(url);
    for (const [name, value] of Object.entries(query)) if (value != null) address.searchParams.set(name, value);
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#owner = owner;
    // The key goes in the first frame, never into the URL: addresses end up in logs.
    socket.onopen = () => socket.send(JSON.stringify({ session_key: sessionKey }));
    socket.onmessage = ({ data }) => this.#owner?.received(parsed(data));
    socket.onclose = ({ code, reason }) => this.#owner?.closed(code, reason);
    this.#timer = setTimeout(() => this.#owner?.closed(1006, ""), handshakeTimeoutMs);
  }

  /** The server has let it in. */
  welcomed() {
    clearTimeout(this.#timer);
  }

  send(text) {
    this.#socket.send(text);
  }

  /** Ends it, without waiting for the other side. */
  drop() {
    clearTimeout(this.#timer);
    this.#owner = null;
    this.#socket.close();
  }
}

function parsed(data) {
  try {
    const frame = JSON.parse(data);
    return frame !== null && typeof frame === "object" ? frame : data;
  } catch {
    return data;
  }
}
