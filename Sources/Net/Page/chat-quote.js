/** The first words of the message that another one replies to. */
import { button, element } from "./chat-row.js";

const CHARACTERS_MAX = 80;

/** A button that leads to the message replied to; what it says comes by `fillQuote`. */
export function quoteElement(target) {
  const quote = button("", undefined, "quote");
  quote.dataset.target = target;
  quote.tabIndex = -1; // the arrow keys lead there
  quote.append(element("bdi", "quoted-name"), element("bdi", "quoted-text", "an earlier message"));
  quote.ariaLabel = "Reply to an earlier message";
  return quote;
}

/** Shows what a message says now. @param {{user?: string, message: string, deleted?: true}} message a name that is missing stays. */
export function fillQuote(quote, { user, message, deleted }) {
  const name = quote.querySelector(".quoted-name");
  const text = quote.querySelector(".quoted-text");
  if (user !== undefined) name.textContent = user;
  text.textContent = deleted ? "Message deleted" : firstWords(message);
  quote.dataset.isFilled = "";
  quote.ariaLabel = `Reply to ${name.textContent}: ${text.textContent}`;
}

/** The beginning of a text, on one line. */
export function firstWords(text) {
  const line = [...text.slice(0, 4 * CHARACTERS_MAX).replace(/\s+/g, " ").trim()];
  return line.length > CHARACTERS_MAX ? `${line.slice(0, CHARACTERS_MAX).join("")}…` : line.join("");
}
