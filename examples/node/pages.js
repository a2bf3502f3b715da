/** The shop's pages. They have no inline script or style: the Content-Security-Policy allows none. */

const escaped = (text) => String(text).replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

const page = (title, body) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${escaped(title)}</title>
  <link rel="stylesheet" href="/static/shop.css">
  <h1>${escaped(title)}</h1>
  ${body}
</html>`;

exports.signIn = (people) =>
  page(
    "Sign in",
    `<form method="post" action="/sign-in">
    <select name="username">${people.map(({ id, name }) => `<option value="${escaped(id)}">${escaped(`${name} (${id})`)}`).join("")}</select>
    <button>Sign in</button>
  </form>`,
  );

exports.orders = (person, orders) =>
  page(
    `The orders of ${person.name}`,
    `<ul>${orders.map(({ id, item }) => `<li><a href="/orders/${id}/">${escaped(item)}</a>`).join("")}</ul>
  <form id="order" method="post" action="/orders"><label>Item <input name="item" required></label> <button>Order</button></form>
  <form id="name" method="post" action="/name"><label>Name <input name="name" required></label> <button>Rename</button></form>`,
  );

exports.order = (person, order) =>
  page(
    `Order ${order.id}: ${order.item}`,
    `<script type="module" src="/static/chat.js"></script>
  <p id="state" role="status"></p>
  <ol id="messages" role="log" tabindex="0"></ol>
  <ol id="outgoing"></ol>
  <form id="say"><label>Message <input name="text" autocomplete="off" required></label> <button>Send</button></form>
  <form id="session" action="chat-session"></form>
  ${
    person.is_staff
      ? `<form id="ship" method="post" action="ship"><button>Ship</button></form>
  <form id="block" method="post" action="block"><button>Block the customer</button></form>`
      : ""
  }`,
  );
