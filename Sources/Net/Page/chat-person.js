/** Who this client speaks as: the `user_id` of its session, or its name where it has none. */
export class Person {
  #user;
  #id;

  /** Takes the session of a welcome or of a change. @returns {boolean} whether another person spoke here before. */
  enter({ user, user_id: id }) {
    const isOther = this.#user !== undefined && !this.isAuthor({ user, user_id: id });
    this.#user = user;
    this.#id = id;
    return isOther;
  }

  /** Whether a message is by this person. */
  isAuthor({ user, user_id: id }) {
    return id === this.#id && (id !== undefined || user === this.#user);
  }
}
