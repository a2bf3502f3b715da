/** The keyboard's way through the messages, and the menu of each. */
import { OFFERED } from "./chat-reactions.js";
import { button, element, messageIn } from "./chat-row.js";

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

export class Actions {
  #list;
  #menu;
  #owner;
  #opener = null; // the button whose menu is open

  /**
   * @param {HTMLElement} list of rows @param {HTMLElement} menu a popover
   * @param {object} owner carries out what the reader chooses: `react(message, emoji, on)`, `reply`, `edit`, `remove`,
   *   `jump(row, seq)`, `leave()` to the text field; and tells what may be chosen: `mayWrite`, `mayChange(message)`,
   *   `isMine(message, emoji)`.
   */
  constructor(list, menu, owner) {
    this.#list = list;
    this.#menu = menu;
    this.#owner = owner;
    list.addEventListener("click", (event) => this.#clicked(event.target));
    list.addEventListener("keydown", (event) => this.#moved(event));
    list.addEventListener("focusin", ({ target }) => target.matches("button") && this.#stopAt(target));
    menu.addEventListener("keydown", (event) => this.#movedInMenu(event));
    menu.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#closed());
    // The tab key reaches one button of the list: the one used last, and after any change that of the newest message.
    new MutationObserver(() => this.#keepStop()).observe(list, { childList: true, subtree: true });
  }

  /** A message is about to be deleted: its menu closes, and the focus does not stay in its row. */
  leave(row) {
    if (row.contains(this.#opener)) this.#menu.hidePopover();
    if (row.contains(document.activeElement)) this.#owner.leave();
  }

  #clicked(target) {
    const [pressed, row] = [target.closest("button"), target.closest(".message")];
    if (!pressed || !row) return;
    const message = messageIn(row);
    if (pressed.matches(".act")) this.#open(pressed, row);
    else if (pressed.matches(".chip")) this.#owner.react(message, pressed.dataset.emoji, pressed.ariaPressed !== "true");
    else if (pressed.matches(".quote")) this.#owner.jump(message, Number(pressed.dataset.target));
  }

  #open(opener, row) {
    const message = messageIn(row);
    this.#menu.replaceChildren(...this.#items(message));
    this.#opener = opener;
    opener.ariaExpanded = "true";
    this.#menu.showPopover();
    this.#place(opener);
    this.#menu.querySelector("button").focus({ preventScroll: true });
  }

  #items(message) {
    const owner = this.#owner;
    if (!owner.mayWrite) return [this.#item("You may read here, not write.", () => {})];
    const emoji = element("div", "offered");
    emoji.role = "group";
    emoji.ariaLabel = "React";
    for (const each of OFFERED) {
      const isMine = owner.isMine(message, each);
      const item = this.#item(each, () => owner.react(message, each, !isMine), "menuitemcheckbox");
      item.ariaChecked = String(isMine);
      emoji.append(item);
    }
    const items = [emoji, this.#item("Reply", () => owner.reply(message))];
    if (!owner.mayChange(message)) return items;
    return [...items, this.#item("Edit", () => owner.edit(message)), this.#deletion(message)];
  }

  /** Deletes at the second press: there is no way back. */
  #deletion(message) {
    let isAsked = false;
    const item = this.#item("Delete", () => this.#owner.remove(message));
    item.addEventListener("click", (event) => {
      if (isAsked) return;
      isAsked = true;
      event.stopImmediatePropagation();
      item.textContent = "Delete for everyone?";
      item.classList.add("asked");
    }, { capture: true });
    return item;
  }

  #item(label, act, role = "menuitem") {
    const item = button(label, () => (this.#menu.hidePopover(), act()));
    item.role = role;
    item.tabIndex = -1;
    return item;
  }

  /** Under its button, or above it where there is no room. */
  #place(opener) {
    const [at, box] = [opener.getBoundingClientRect(), this.#menu.getBoundingClientRect()];
    const left = Math.max(8, Math.min(at.left, innerWidth - box.width - 8));
    const top = at.bottom + box.height + 8 < innerHeight ? at.bottom : Math.max(8, at.top - box.height);
    Object.assign(this.#menu.style, { left: `${left}px`, top: `${top}px` });
  }

  #closed() {
    if (this.#opener) this.#opener.ariaExpanded = "false";
    this.#opener = null;
  }

  #movedInMenu(event) {
    if (event.key === "Tab") return this.#menu.hidePopover();
    const items = [...this.#menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const next = { Home: 0, End: items.length - 1 }[event.key]
      ?? (event.key in STEPS ? (at + STEPS[event.key] + items.length) % items.length : undefined);
    if (next === undefined) return;
    event.preventDefault();
    items[next]?.focus();
  }

  /** Up and down lead to other messages, left and right to the buttons of one, Escape back to the text field. */
  #moved(event) {
    const row = event.target.closest(".message");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    if (key === "Escape") return this.#owner.leave();
    const ways = {
      ArrowUp: () => this.#actOf(row, -1),
      ArrowDown: () => this.#actOf(row, 1),
      Home: () => this.#list.querySelector(".act:not([hidden])"),
      End: () => [...this.#list.querySelectorAll(".act:not([hidden])")].at(-1),
      ArrowLeft: () => this.#buttonIn(row, event.target, -1),
      ArrowRight: () => this.#buttonIn(row, event.target, 1),
    };
    if (!(key in ways)) return;
    event.preventDefault();
    ways[key]()?.focus();
  }

  /** The menu button of the next message that has one. */
  #actOf(row, step) {
    let next = row;
    do next = step < 0 ? next.previousElementSibling : next.nextElementSibling;
    while (next?.querySelector(".act").hidden);
    return next?.querySelector(".act");
  }

  #buttonIn(row, from, step) {
    const all = [...row.querySelectorAll("button:not([hidden])")];
    return all[(all.indexOf(from) + step + all.length) % all.length];
  }

  #stopAt(target) {
    for (const each of this.#list.querySelectorAll("button[tabindex='0']")) each.tabIndex = -1;
    target.tabIndex = 0;
  }

  #keepStop() {
    if (this.#list.contains(document.activeElement)) return;
    const newest = [...this.#list.children].findLast((row) => !row.querySelector(".act").hidden);
    if (newest) this.#stopAt(newest.querySelector(".act"));
  }
}
