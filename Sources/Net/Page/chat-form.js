/** The field for an own message: sends by Enter or by its button, and keeps what is not sent yet. */
import { firstWords } from "./chat-quote.js";

export class MessageForm {
  #form;
  #field;
  #button;
  #problem;
  #kept;
  #about; // tells what the text will be: an edit or a reply
  #target = null; // {message, save?, draft?} of an edit or a reply
  #isReader = false;

  /** Whether a reload would lose nothing. */
  isKept = true;

  /** Called by the arrow up in an empty field. */
  onUp = () => {};

  /**
   * @param {HTMLFormElement} form with a text field and a button @param {HTMLElement} problem shows what went wrong
   * @param {HTMLElement} about shows what the text belongs to, with a button that ends that
   * @param {Kept} kept the draft
   * @param {(text: string, options?: {replyTo: number}) => void} say an error that it throws is shown, and the text stays
   */
  constructor(form, problem, about, kept, say) {
    this.#form = form;
    this.#field = form.querySelector("textarea");
    this.#button = form.querySelector("button");
    this.#problem = problem;
    this.#about = about;
    this.#kept = kept;
    about.querySelector("button").addEventListener("click", () => (this.cancel(), this.focus()));
    const draft = kept.read();
    if (typeof draft === "string") this.#field.value = draft;
    this.#field.addEventListener("input", () => (this.complain(""), this.#keep()));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#say(say)));
    this.#field.addEventListener("keydown", (event) => this.#moved(event));
    this.#sendByEnter();
    // Pressed by mouse or finger, the button leaves the focus, and a phone's keyboard, with the field.
    this.#button.addEventListener("mousedown", (event) => event.preventDefault());
  }

  focus() {
    this.#field.focus();
  }

  /** Tells what went wrong; an empty text takes it back. */
  complain(text) {
    this.#problem.textContent = text;
  }

  /** Makes what is written a reply. */
  reply(message) {
    this.cancel();
    this.#begin({ message }, `Reply to ${message.user}: ${firstWords(message.message)}`);
  }

  /** Lets the reader edit a message. @param {(text: string) => void} save @param {string} text what to begin with */
  edit(message, save, text = message.message) {
    this.cancel();
    const draft = this.#field.value;
    this.#field.value = text;
    this.#begin({ message, save, draft }, "Edit the message");
    this.#field.setSelectionRange(text.length, text.length);
  }

  /** Ends an edit or a reply; what was written before an edit is back. */
  cancel() {
    const target = this.#target;
    this.#target = null;
    this.#about.hidden = true;
    this.#about.firstElementChild.textContent = "";
    if (target?.save) this.#field.value = target.draft;
    this.#keep();
  }

  /** A message is gone: it can neither be edited nor replied to. */
  forget(seq) {
    if (this.#target?.message.seq === seq) this.cancel();
  }

  /** Adds a text to what is written already. */
  add(text) {
    this.cancel();
    const { value } = this.#field;
    this.#field.value = value.trim() === "" ? text : `${value}\n${text}`;
    this.#keep();
    this.focus();
  }

  /** Whether the session may write; what a reader had written before can still be copied. */
  setReader(isReader) {
    this.#isReader = isReader;
    this.#field.placeholder = isReader ? "You may read here, not write" : "Write a message";
    this.#setWritable(!isReader);
  }

  /** The connection has ended: a draft stays, to be copied. */
  end() {
    this.#setWritable(false);
    this.#form.hidden = this.#field.value === "";
    this.#button.hidden = true;
  }

  /** Another connection is tried. */
  resume() {
    this.#form.hidden = false;
    this.#button.hidden = false;
    this.#setWritable(!this.#isReader);
  }

  #setWritable(isWritable) {
    const hasDraft = this.#field.value !== "";
    // Text in a disabled field cannot be selected everywhere.
    this.#field.disabled = !isWritable && !hasDraft;
    this.#field.readOnly = !isWritable;
    this.#button.disabled = !isWritable;
  }

  #say(say) {
    this.complain("");
    const text = this.#field.value;
    this.focus();
    if (text.trim() === "" || this.#field.readOnly) return;
    const target = this.#target;
    try {
      if (!target?.save) say(text, target ? { replyTo: target.message.seq } : undefined);
      else if (text !== target.message.message) target.save(text);
    } catch (error) {
      return this.complain(error.message);
    }
    if (!target?.save) this.#field.value = "";
    this.cancel();
  }

  #begin(target, text) {
    this.#target = target;
    this.#about.firstElementChild.textContent = text;
    this.#about.hidden = false;
    this.#keep();
    this.focus();
  }

  #moved(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && this.#target) this.cancel();
    else if (event.key === "ArrowUp" && this.#field.value === "" && !this.#target && !this.#field.readOnly) this.onUp();
    else return;
    event.preventDefault();
  }

  /** With a touch keyboard, Enter begins a new line, because there is no Shift+Enter; Ctrl+Enter sends everywhere. */
  #sendByEnter() {
    const touch = matchMedia("(pointer: coarse)");
    const tell = () => (this.#field.enterKeyHint = touch.matches ? "enter" : "send");
    touch.addEventListener("change", tell);
    tell();
    this.#field.addEventListener("keydown", (event) => {
      const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before the key
      if (event.key !== "Enter" || isComposing) return;
      if (!(event.ctrlKey || event.metaKey) && (event.shiftKey || touch.matches)) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
  }

  #keep() {
    // The text of an edit is no draft: a reload would lose it.
    if (this.#target?.save) return void (this.isKept = this.#field.value === this.#target.message.message);
    this.isKept = this.#kept.write(this.#field.value === "" ? null : this.#field.value);
  }
}
