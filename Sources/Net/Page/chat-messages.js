/**
 * What later changes make of a message: pure functions of values, the same for live events, for a resume and for history.
 *
 * A message is the frame that the server sent, with its `changed_seq`: the seq of the newest change that it contains. A
 * deleted one has `deleted: true` and the text "".
 */

const NAMES_MAX = 20; // the server lists so many people of a reaction, in the order in which they reacted

/** The message of a frame; undefined if the frame is none. */
export function messageOf(frame) {
  if (typeof frame?.message === "string") return frame.edited === undefined ? frame : undefined;
  return frame?.deleted === true ? { ...frame, message: "" } : undefined;
}

/** The seq of the message that a frame changes; undefined if the frame is no change. */
export function targetOf({ edited, deleted, reacted }) {
  return [edited, deleted, reacted].find(Number.isSafeInteger);
}

/**
 * The message after a change: the same object if the change is of another message, or the message contains it already.
 * @param {object} message @param {object} change the frame of the change.
 */
export function withChange(message, change) {
  const isNew = targetOf(change) === message.seq && change.seq > (message.changed_seq ?? 0);
  if (!isNew || message.deleted) return message;
  const changed = { ...message, changed_seq: change.seq };
  if (change.deleted !== undefined) {
    for (const name of ["edited_seq", "reactions"]) delete changed[name];
    return Object.assign(changed, { message: "", deleted: true });
  }
  if (change.edited !== undefined) return Object.assign(changed, { message: change.message, edited_seq: change.seq });
  return withReaction(changed, change);
}

function withReaction({ reactions, ...message }, { emoji, user, count, users }) {
  // Entries, because an emoji may be any text, for example "__proto__".
  const all = new Map(Object.entries(reactions ?? {}));
  const after = users ? { count, users } : withOneMore(all.get(emoji), user);
  if (after.count > 0) all.set(emoji, after);
  else all.delete(emoji);
  return all.size > 0 ? { ...message, reactions: Object.fromEntries(all) } : message;
}

/** The people of an emoji after an event that does not name them: one has come. */
const withOneMore = ({ count, users } = { count: 0, users: [] }, user) => (
  { count: count + 1, users: users.length < NAMES_MAX ? [...users, user] : users });
