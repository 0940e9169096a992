// How fast it goes, by what was sent in the last seconds.

const WINDOW = 8000; // milliseconds: long enough to be calm, short enough to follow a change

export class Speed {
  #seen = [];

  // `sent` may fall: a part that was cut off begins anew.
  note(sent, now = performance.now()) {
    if (this.#seen.length && sent < this.#seen.at(-1).sent) this.#seen = [];
    this.#seen.push({ sent, now });
    while (this.#seen.length > 2 && now - this.#seen[0].now > WINDOW) this.#seen.shift();
  }

  rest() {
    this.#seen = [];
  }

  // Bytes a second, or 0 while that is not known.
  get rate() {
    if (this.#seen.length < 2) return 0;
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    const seconds = (last.now - first.now) / 1000;
    return seconds > 0.4 ? Math.max(0, (last.sent - first.sent) / seconds) : 0;
  }
}
