/** Ranks of two samples together, ties averaged, by one walk along both: no search over shifts sorts again. */

/** Ascending. */
export type Sorted = readonly number[];

export const sorted = (values: readonly number[]): Sorted => [...values].sort((one, other) => one - other);

export interface Ranked {
  /** Sum of the ranks of the first sample. */
  readonly sum: number;
  /** Σ(t³ − t) over the groups of t equal values. */
  readonly ties: number;
}

/** Ranks of (x − shift) among (x − shift) and y. Ranks are multiples of ½, so the sums are exact. Throws on NaN. */
export function ranked(x: Sorted, y: Sorted, shift = 0): Ranked {
  const [before, total] = [{ x: 0, y: 0, sum: 0, ties: 0 }, x.length + y.length];
  while (before.x + before.y < total) {
    const value = Math.min(shifted(x, before.x, shift), shifted(y, before.y, 0));
    const [ofX, ofY] = [equal(x, before.x, shift, value), equal(y, before.y, 0, value)];
    const size = ofX + ofY;
    if (size === 0) throw new RangeError('only numbers have ranks');
    before.sum += ofX * (before.x + before.y + (size + 1) / 2);
    before.ties += size ** 3 - size;
    before.x += ofX;
    before.y += ofY;
  }
  return { sum: before.sum, ties: before.ties };
}

const shifted = (values: Sorted, at: number, shift: number): number => {
  const value = values[at];
  return value === undefined ? Number.POSITIVE_INFINITY : value - shift;
};

/** How many values from `at` on are `value`. */
function equal(values: Sorted, at: number, shift: number, value: number): number {
  let end = at;
  while (end < values.length && shifted(values, end, shift) === value) end++;
  return end - at;
}
