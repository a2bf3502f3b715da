/** Keeps the end of a scrolling box in view, from when the reader reaches it until the reader scrolls up. */

const END_PX = 48; // a reader who scrolls down this near to the end has reached it
const ROUNDING_PX = 2; // positions are fractions on some screens

export class EndFollower {
  #scroller;
  #isFollowing = true;
  #top = 0; // the last position seen: a lower one was chosen by the reader

  /** Called with `isFollowing` when it has changed. */
  onChange = () => {};

  constructor(scroller) {
    this.#scroller = scroller;
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    // New rows, a phone's keyboard, a longer text field, a late style: the end stays in view, with one scroll a frame.
    const watch = new ResizeObserver(() => this.#isFollowing && this.toEnd());
    for (const each of [scroller, ...scroller.children]) watch.observe(each);
  }

  get isFollowing() {
    return this.#isFollowing;
  }

  /** Whether more is above the reader than below. */
  get isInLowerHalf() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollTop > (scrollHeight - clientHeight) / 2;
  }

  /** Goes to the end and follows it. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
    this.#set(true);
  }

  /** Stays where it is. */
  leave() {
    this.#set(false);
  }

  /** Changes what is above the reader's place; the reader sees the same as before. */
  changeAbove(change) {
    this.#look();
    const below = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    change();
    if (this.#isFollowing) return this.toEnd();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - below;
    this.#top = this.#scroller.scrollTop;
  }

  /** Changes a row, wherever it is; the reader sees the same as before, and follows the end as before. */
  changeRow(row, change) {
    const isAbove = row.getBoundingClientRect().top < this.#scroller.getBoundingClientRect().top;
    if (isAbove) this.changeAbove(change);
    else this.changeBelow(change);
  }

  /**
   * Changes or removes something below the reader's place. The browser moves a box whose end has gone, which looks like a reader who
   * scrolls up; here it cannot be seen.
   */
  changeBelow(change) {
    this.#look();
    change();
    if (this.#isFollowing) return this.toEnd();
    this.#top = this.#scroller.scrollTop;
  }

  /**
   * Rows may have come between a scroll and its event, so a distance from the end does not tell that the reader has left it:
   * only a position that has decreased does.
   */
  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const below = scrollHeight - clientHeight - scrollTop;
    const before = this.#top;
    this.#top = scrollTop;
    if (below <= ROUNDING_PX || (scrollTop > before && below < END_PX)) this.#set(true);
    else if (scrollTop < before) this.#set(false);
  }

  #set(isFollowing) {
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    this.onChange(isFollowing);
  }
}
