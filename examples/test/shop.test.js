/** The examples in real browsers. Environment: EXAMPLES, the names of those to test; ROOMCAST, as for examples/shared/start. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Driver, until } from "./driver.js";
import { Example } from "./example.js";

const COMMIT_LOCK = 4711;

for (const name of (process.env.EXAMPLES ?? "node django").split(" ")) {
  describe(`examples/${name}`, () => {
    let example, driver, customer, staff;

    before(async () => {
      example = await Example.start(name);
      // The shop's transactions that change an order wait at their commit while the lock is taken; one item cannot be had.
      await example.sql(`
        create function at_commit() returns trigger language plpgsql as $$ begin
          perform pg_advisory_xact_lock(${COMMIT_LOCK});
          if new.item = 'Unobtainium' then raise exception 'cannot be had'; end if;
          return null;
        end $$;
        create constraint trigger at_commit after update on shop.orders deferrable initially deferred
          for each row execute function at_commit()`);
      driver = await Driver.start();
      [customer, staff] = [await driver.browse(), await driver.browse()];
      await signIn(customer, "customer");
      await signIn(staff, "staff");
    });
    after(async () => {
      await driver?.stop();
      await example?.stop();
    });

    async function signIn(browser, username) {
      await browser.open(`${example.url}/`); // where everybody is asked to sign in
      await browser.run((username) => {
        const form = document.querySelector("form");
        form.username.value = username;
        if (form.password) form.password.value = "demo";
        form.requestSubmit();
      }, username);
      await browser.wait(() => document.querySelector("#order") !== null);
    }

    /** The customer orders something; both open the order's page and are connected. Returns the number of the order. */
    async function meet(item) {
      await customer.open(`${example.url}/`);
      await customer.run((item) => {
        const form = document.querySelector("#order");
        form.item.value = item;
        form.requestSubmit();
      }, item);
      await customer.wait(() => document.querySelector("#say") !== null);
      const path = await customer.run(() => location.pathname);
      await staff.open(example.url + path);
      for (const browser of [customer, staff]) await see(browser, `Shop: Thank you for ordering ${item}.`);
      return /\d+/.exec(path)[0];
    }

    const say = (browser, text) =>
      browser.run((text) => {
        const form = document.querySelector("#say");
        form.text.value = text;
        form.requestSubmit();
      }, text);
    const lines = (browser) => browser.run(() => [...document.querySelectorAll("#messages li")].map((each) => each.textContent));
    const see = (browser, line) =>
      until(`${line} is shown`, async () => (await lines(browser)).some((each) => (line instanceof RegExp ? line.test(each) : line === each)));

    /** Sends a form of the shop from the page, with the page's token against CSRF, and stays on the page. */
    const send = (browser, path, fields = {}) =>
      browser.run(
        async (path, fields) => {
          const token = Object.fromEntries(new FormData(document.querySelector("#session")));
          return (await fetch(path, { method: "POST", body: new URLSearchParams({ ...token, ...fields }) })).status;
        },
        path,
        fields,
      );

    /** Says "word 0", "word 1" … with five on their way at any time, until `finish` is called. */
    const beginToTalk = (browser) =>
      browser.run(() => {
        const [form, outgoing] = [document.querySelector("#say"), document.querySelector("#outgoing")];
        window.talk = { said: 0, isOver: false };
        const more = () => {
          while (!talk.isOver && outgoing.children.length < 5) {
            form.text.value = `word ${talk.said++}`;
            form.requestSubmit();
          }
        };
        new MutationObserver(more).observe(outgoing, { childList: true });
        more();
      });
    async function talkOn(browser, count) {
      const said = await browser.run(() => talk.said);
      await browser.wait((enough) => talk.said >= enough, said + count);
    }
    /** Returns what was said, once all of it is stored. */
    async function finish(browser) {
      const count = await browser.run(() => {
        talk.isOver = true;
        return talk.said;
      });
      await browser.wait(() => document.querySelector("#outgoing").children.length === 0);
      return Array.from({ length: count }, (_, index) => `word ${index}`);
    }
    const words = (shown) => shown.filter((line) => line.includes("word"));

    /**
     * Checks that everybody has each of the words exactly once, and in the order of the log. That is not always the order in
     * which they were said: of several on their way, a later one may be stored when an earlier one was refused for the rate.
     */
    async function checkWords(order, said) {
      const log = await example.sql(
        `select message from chat.log where room = chat.room_for('order:${order}') and message like 'word %' order by seq`,
      );
      const stored = log.split("\n");
      assert.deepEqual([...stored].sort(), [...said].sort());
      await see(staff, new RegExp(`: ${stored.at(-1)}$`));
      assert.deepEqual(words(await lines(customer)), stored.map((word) => `You: ${word}`));
      assert.deepEqual(words(await lines(staff)).map((line) => line.replace(/^[^:]*: /, "")), stored);
    }

    it("lets two people of one name chat from the shop's origin, and tells them apart", async () => {
      await meet("Tea");
      await say(customer, "Is it green?");
      await see(staff, "Sam: Is it green?");
      await say(staff, "Yes");
      await see(customer, "Sam: Yes");
      assert.deepEqual((await lines(customer)).slice(1), ["You: Is it green?", "Sam: Yes"]);
      assert.deepEqual((await lines(staff)).slice(1), ["Sam: Is it green?", "You: Yes"]);
      for (const browser of [customer, staff]) {
        assert.deepEqual(await browser.run(() => [...document.querySelectorAll("#messages .shop")].map((each) => each.textContent)), [
          "Shop: Thank you for ordering Tea.",
        ]);
        assert.deepEqual(await browser.console(), []);
      }
    });

    it("loses and doubles nothing when the session expires while messages are on their way", async () => {
      const order = await meet("Coffee");
      const asked = () => customer.run(() => performance.getEntriesByType("resource").filter((each) => each.name.endsWith("chat-session")).length);
      await beginToTalk(customer);
      for (let round = 0; round < 3; round += 1) {
        await talkOn(customer, 10);
        const before = await asked();
        await example.sql(`update chat.sessions set expires_at = now() where chat_room = chat.room_for('order:${order}')`);
        await until("the page asks for another session", async () => (await asked()) > before);
      }
      await talkOn(customer, 10);
      await checkWords(order, await finish(customer));
    });

    it("loses and doubles nothing when the sender is renamed meanwhile", async () => {
      const order = await meet("Cocoa");
      await beginToTalk(customer);
      await talkOn(customer, 10);
      assert.equal(await send(customer, "/name", { name: "Samira" }), 200);
      await until("the new name is shown", async () => words(await lines(staff)).at(-1).startsWith("Samira: "));
      await talkOn(customer, 10);
      await checkWords(order, await finish(customer));
      const names = words(await lines(staff)).map((line) => line.split(":")[0]);
      assert.deepEqual([...new Set(names)], ["Sam", "Samira"]);
      assert.equal(names.lastIndexOf("Sam") + 1, names.indexOf("Samira"));
    });

    it("shows what the shop says when its transaction commits, and not before", async (test) => {
      const order = await meet("Juice");
      const release = await example.lock(COMMIT_LOCK);
      test.after(release);
      await staff.run((order) => void fetch(`/orders/${order}/ship`, {
        method: "POST", body: new URLSearchParams(new FormData(document.querySelector("#ship"))),
      }), order);
      await until("the transaction waits at its commit", async () =>
        (await example.sql("select count(*) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted")) === "1");
      await say(customer, "Where is it?");
      await see(customer, "You: Where is it?");
      assert.equal((await lines(customer)).length, 2);
      release();
      await see(customer, "Shop: Juice is on its way.");
      assert.deepEqual((await lines(customer)).slice(1), ["You: Where is it?", "Shop: Juice is on its way."]);
    });

    it("never shows what the shop says in a transaction that fails", async () => {
      const order = await meet("Unobtainium");
      assert.equal(await send(staff, `/orders/${order}/ship`), 500);
      // What is said later comes later: when it is there, what is not there never comes.
      await example.sql(`select chat.new_message(chat.room_for('order:${order}'), now(), 'Shop', 'Sorry.')`);
      await see(customer, "Shop: Sorry.");
      assert.deepEqual(await lines(customer), ["Shop: Thank you for ordering Unobtainium.", "Shop: Sorry."]);
    });

    it("keeps to its Content-Security-Policy, which refuses inline scripts", async () => {
      await meet("Water");
      const about = (entries) => entries.filter((each) => each.includes("Content Security Policy"));
      for (const browser of [customer, staff]) assert.deepEqual(about(await browser.console()), []);
      await customer.run(() => {
        const script = document.createElement("script");
        script.textContent = "window.wasRun = true";
        document.body.append(script);
      });
      assert.equal(await customer.run(() => window.wasRun ?? false), false);
      assert.equal(about(await customer.console()).length, 1);
    });

    it("lets only the staff ship, and shows an order only to those who may see it", async () => {
      const order = await meet("Milk");
      assert.equal(await send(customer, `/orders/${order}/ship`), 403);
      const stranger = await driver.browse();
      await stranger.open(`${example.url}/orders/${order}/`);
      assert.equal(await stranger.run(() => document.querySelector("#say")), null);
    });

    it("tells a person who is removed", async () => {
      const order = await meet("Soda");
      assert.equal(await send(staff, `/orders/${order}/block`), 200);
      await customer.wait(() => document.querySelector("#state").textContent === "You were removed from this chat.");
      assert.equal(await send(customer, `/orders/${order}/chat-session`), 401);
      assert.equal(await staff.run(() => document.querySelector("#state").textContent), "open");
    });
  });
}
