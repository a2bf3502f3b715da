/** An example, started by its own command in a directory and on ports of its own. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports = [];
  for (const server of servers) {
    if (!server.listening) await new Promise((done) => server.once("listening", done));
    ports.push(server.address().port);
  }
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export class Example {
  #process;
  #data;
  url;

  static async start(name) {
    const example = new Example();
    example.#data = await mkdtemp("/tmp/roomcast-example-");
    await run("chmod", ["755", example.#data]); // PostgreSQL does not run as root: its user must get in
    const [PORT, APP_PORT, CHAT_PORT] = (await freePorts(3)).map(String);
    example.url = `https://shop.localhost:${PORT}`;
    example.#process = spawn(new URL(`../${name}/run`, import.meta.url).pathname, {
      env: { ...process.env, DATA: example.#data, PORT, APP_PORT, CHAT_PORT },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: example.#process.stdout })) {
      if (line.includes("Ctrl-C")) return example;
    }
    throw new Error(`examples/${name}/run ended when it was started`);
  }

  /** Runs a statement as the database's superuser; returns the rows, one a line. */
  async sql(statement) {
    return (await run("psql", [...this.#psql, "-c", statement])).stdout.trim();
  }

  /** Takes an advisory lock until the function that it returns is called. */
  async lock(number) {
    const session = spawn("psql", this.#psql, { stdio: ["pipe", "pipe", "inherit"] });
    session.stdin.write(`select pg_advisory_lock(${number});\n\\echo locked\n`);
    for await (const line of createInterface({ input: session.stdout })) if (line === "locked") break;
    return () => session.stdin.end();
  }

  get #psql() {
    return ["-h", `${this.#data}/postgres`, "-U", "postgres", "-d", "shop", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"];
  }

  async stop() {
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill();
    await ended;
    await rm(this.#data, { recursive: true });
  }
}
