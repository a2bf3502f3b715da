/**
 * A shop with a chat room for each order, for its customer and the staff.
 *
 * Environment: PGHOST, PGUSER and PGDATABASE; CHAT_URL, the address to which the browser connects; APP_PORT.
 */
const { randomBytes } = require("node:crypto");
const http = require("node:http");
const { Pool } = require("pg");
const chat = require("./chat");
const pages = require("./pages");

const { APP_PORT, CHAT_URL } = process.env;
const pool = new Pool();
const signedIn = new Map(); // cookie to person's id; a real application has passwords, and keeps this in a table
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
    `connect-src 'self' ${new URL(CHAT_URL).origin}`,
  "X-Content-Type-Options": "nosniff",
};

const html = (body) => ({ status: 200, headers: { "Content-Type": "text/html; charset=utf-8" }, body });
const json = (value) => ({ status: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });
const redirect = (to, headers = {}) => ({ status: 303, headers: { Location: to, ...headers } });
const refuse = (status) => ({ status });

/** Runs `body` with a client in a transaction: all that it does is done, or nothing. */
async function transaction(body) {
  const db = await pool.connect();
  try {
    await db.query("begin");
    const result = await body(db);
    await db.query("commit");
    return result;
  } catch (error) {
    await db.query("rollback");
    throw error;
  } finally {
    db.release();
  }
}

async function home(person) {
  if (!person) return html(pages.signIn((await pool.query("select id, name from shop.people order by id")).rows));
  const { rows } = await pool.query("select * from shop.orders where customer_id = $1 or $2 order by id", [person.id, person.is_staff]);
  return html(pages.orders(person, rows));
}

function signIn(form) {
  const cookie = randomBytes(32).toString("base64url");
  signedIn.set(cookie, form.get("username"));
  // SameSite keeps other sites from sending our forms.
  return redirect("/", { "Set-Cookie": `login=${cookie}; Path=/; Secure; HttpOnly; SameSite=Strict` });
}

/** An order and the first message of its room, in one transaction. */
async function placeOrder(person, form) {
  const order = await transaction(async (db) => {
    const { rows } = await db.query("insert into shop.orders (customer_id, item) values ($1, $2) returning *", [person.id, form.get("item")]);
    await chat.say(db, rows[0], `Thank you for ordering ${rows[0].item}.`);
    return rows[0];
  });
  return redirect(`/orders/${order.id}/`);
}

async function rename(person, form) {
  await transaction(async (db) => {
    await db.query("update shop.people set name = $1 where id = $2", [form.get("name"), person.id]);
    await chat.rename(db, person, form.get("name"));
  });
  return redirect("/");
}

async function ship(order) {
  await transaction(async (db) => {
    await db.query("update shop.orders set shipped_at = now() where id = $1", [order.id]);
    await chat.say(db, order, `${order.item} is on its way.`);
  });
  return redirect(`/orders/${order.id}/`);
}

/** Removes the customer from the chat. Who is not active gets no new session. */
async function block(order) {
  await transaction(async (db) => {
    await db.query("update shop.people set is_active = false where id = $1", [order.customer_id]);
    await chat.signOut(db, { id: order.customer_id });
  });
  return redirect(`/orders/${order.id}/`);
}

async function routeOrder(method, action, person, order) {
  if (method === "GET" && action === "") return html(pages.order(person, order));
  if (method !== "POST") return refuse(404);
  if (action === "chat-session") return json({ url: CHAT_URL, sessionKey: await chat.createSession(pool, person, order) });
  if (!person.is_staff) return refuse(403);
  if (action === "ship") return ship(order);
  if (action === "block") return block(order);
  return refuse(404);
}

async function route(method, path, cookies, form) {
  const id = signedIn.get(/(?:^|; )login=([\w-]+)/.exec(cookies)?.[1]);
  const person = (await pool.query("select * from shop.people where id = $1 and is_active", [id])).rows[0];
  if (method === "GET" && path === "/") return home(person);
  if (method === "POST" && path === "/sign-in") return signIn(form);
  if (!person) return refuse(401);
  if (method === "POST" && path === "/orders") return placeOrder(person, form);
  if (method === "POST" && path === "/name") return rename(person, form);
  const [, number, action] = /^\/orders\/(\d{1,9})\/([\w-]*)$/.exec(path) ?? [];
  const order = (await pool.query("select * from shop.orders where id = $1", [number])).rows[0];
  if (!order) return refuse(404);
  if (order.customer_id !== person.id && !person.is_staff) return refuse(403);
  return routeOrder(method, action, person, order);
}

async function formOf(request) {
  let text = "";
  for await (const part of request) {
    text += part;
    if (text.length > 10_000) throw new Error("the form is too long");
  }
  return new URLSearchParams(text);
}

http
  .createServer(async (request, response) => {
    let answer;
    try {
      const path = new URL(request.url, "http://shop").pathname;
      answer = await route(request.method, path, request.headers.cookie ?? "", await formOf(request));
    } catch (error) {
      console.error(error);
      answer = refuse(500);
    }
    response.writeHead(answer.status, { ...HEADERS, ...answer.headers }).end(answer.body ?? "");
  })
  .listen(APP_PORT, "127.0.0.1");
