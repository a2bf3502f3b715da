/** The field for an own message: sends by Enter or by its button, and keeps what is not sent yet. */
export class MessageForm {
  #form;
  #field;
  #button;
  #problem;
  #kept;
  #isReader = false;

  /** Whether a reload would lose nothing. */
  isKept = true;

  /**
   * @param {HTMLFormElement} form with a text field and a button @param {HTMLElement} problem shows what went wrong
   * @param {Kept} kept the draft @param {(text: string) => void} say an error that it throws is shown, and the text stays
   */
  constructor(form, problem, kept, say) {
    this.#form = form;
    this.#field = form.querySelector("textarea");
    this.#button = form.querySelector("button");
    this.#problem = problem;
    this.#kept = kept;
    const draft = kept.read();
    if (typeof draft === "string") this.#field.value = draft;
    this.#field.addEventListener("input", () => (this.complain(""), this.#keep()));
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#say(say)));
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

  /** Adds a text to what is written already. */
  add(text) {
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
    try {
      say(text);
    } catch (error) {
      return this.complain(error.message);
    }
    this.#field.value = "";
    this.#keep();
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
    this.isKept = this.#kept.write(this.#field.value === "" ? null : this.#field.value);
  }
}
