/** One time limit for many: looked at together, because a timer for each would cost more than what it guards. */

export class Deadlines<T> {
  readonly #limitMs: number;
  readonly #late: (one: T) => void;
  /** In the order of their deadlines, since the limit is the same for all. */
  readonly #open = new Map<T, number>();
  #timer: NodeJS.Timeout | undefined;

  /** `late` is told at most a tenth of the limit too late. */
  constructor(limitMs: number, late: (one: T) => void) {
    this.#limitMs = limitMs;
    this.#late = late;
  }

  add(one: T): void {
    this.#open.set(one, performance.now() + this.#limitMs);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), Math.min(1_000, Math.max(5, this.#limitMs / 10)));
    this.#timer.unref();
  }

  delete(one: T): void {
    this.#open.delete(one);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const [one, atMs] of this.#open) {
      if (atMs > now) return;
      this.#open.delete(one);
      this.#late(one);
    }
  }
}
