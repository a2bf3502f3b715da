/** Headless Chromium by chromedriver (W3C WebDriver). */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const DEADLINE_MS = 20_000;

/** Waits until `condition` promises a value that is true, and returns the value. */
export async function until(what, condition) {
  for (const end = Date.now() + DEADLINE_MS; ; await pause(50)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
  }
}

/** A chromedriver process and its browsers. */
export class Driver {
  #process;
  #url;
  #sessions = [];

  static async start() {
    const driver = new Driver();
    driver.#process = spawn("chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: driver.#process.stdout })) {
      const port = /started successfully on port (\d+)/.exec(line)?.[1];
      if (!port) continue;
      driver.#url = `http://127.0.0.1:${port}`;
      return driver;
    }
    throw new Error("chromedriver ended when it was started");
  }

  /** Opens a browser with a profile of its own, that takes self-made certificates. */
  async browse() {
    const { sessionId } = await this.post("/session", {
      capabilities: {
        alwaysMatch: {
          acceptInsecureCerts: true,
          // Tests run as root in containers: the sandbox is not available, and shared memory is small.
          "goog:chromeOptions": { args: ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"] },
          "goog:loggingPrefs": { browser: "ALL" },
        },
      },
    });
    this.#sessions.push(`/session/${sessionId}`);
    return new Browser(this, this.#sessions.at(-1));
  }

  post(path, body) {
    return this.#send("POST", path, JSON.stringify(body));
  }

  async #send(method, path, body) {
    const answer = await fetch(this.#url + path, { method, body });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Ends the browsers, which would outlive chromedriver, and chromedriver. */
  async stop() {
    for (const path of this.#sessions) await this.#send("DELETE", path);
    this.#process.kill();
  }
}

class Browser {
  #driver;
  #path;

  constructor(driver, path) {
    this.#driver = driver;
    this.#path = path;
  }

  open(url) {
    return this.#driver.post(`${this.#path}/url`, { url });
  }

  /** Runs a function in the page; its arguments and what it returns or promises are JSON. */
  run(body, ...args) {
    return this.#driver.post(`${this.#path}/execute/sync`, { script: `return (${body})(...arguments)`, args });
  }

  /** Waits until a function in the page returns a value that is true. */
  wait(body, ...args) {
    return until(`${body} ${JSON.stringify(args)}`, () => this.run(body, ...args));
  }

  /** What the page has written to the console since the last call: messages of its scripts and of the browser. */
  async console() {
    return (await this.#driver.post(`${this.#path}/se/log`, { type: "browser" })).map(({ message }) => message);
  }
}
