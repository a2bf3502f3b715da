/** The reactions of a message: one button for each emoji, with how many and who. */
import { button, element } from "./chat-row.js";

/** What the menu of a message offers. */
export const OFFERED = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

/**
 * The buttons of a message's reactions; null if it has none.
 * @param {(message: object, emoji: string) => boolean} isMine whether the reader reacted so.
 */
export function reactionsElement(message, isMine) {
  const all = Object.entries(message.reactions ?? {});
  if (all.length === 0) return null;
  const box = element("div", "reactions");
  for (const [emoji, reaction] of all) {
    const chip = button("", undefined, "chip");
    const names = namesOf(reaction);
    chip.append(element("bdi", "", emoji), ` ${reaction.count}`);
    chip.dataset.emoji = emoji;
    chip.title = names;
    chip.tabIndex = -1; // the arrow keys lead there
    chip.ariaLabel = `${emoji} ${reaction.count}: ${names}`;
    chip.ariaPressed = String(isMine(message, emoji));
    box.append(chip);
  }
  return box;
}

function namesOf({ count, users }) {
  const more = count - users.length;
  return users.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
