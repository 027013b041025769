/** Brent's root search with the settings of R's `uniroot` in `wilcox.test`: the answer depends on them where f has steps. */

/** A point and its value. */
export interface Point {
  readonly at: number;
  readonly f: number;
}

/** Absolute, in the unit of the data. */
const tolerance = 1e-4;
const mostSteps = 1_001;

/** `best` is the current answer, `last` the one before it, `other` lies on the other side of the root. */
interface Search {
  readonly last: Point;
  readonly best: Point;
  readonly other: Point;
}

/** Where `f` changes its sign between `low` and `high`. */
export function zeroin(low: Point, high: Point, f: (at: number) => number): number {
  if (low.f === 0) return low.at;
  if (high.f === 0) return high.at;
  let search: Search = { last: low, best: high, other: low };
  for (let steps = 0; steps < mostSteps; steps++) {
    const moved = search.best.at - search.last.at;
    search = betterFirst(search);
    const { best, other } = search;
    const least = 2 * Number.EPSILON * Math.abs(best.at) + tolerance / 2;
    const half = (other.at - best.at) / 2;
    if (Math.abs(half) <= least || best.f === 0) return best.at;
    const step = stepOf(search, moved, half, least);
    const at = best.at + (Math.abs(step) < least ? least * (step > 0 ? 1 : -1) : step);
    const next = { at, f: f(at) };
    const sameSide = (next.f > 0 && other.f > 0) || (next.f < 0 && other.f < 0);
    search = { last: best, best: next, other: sameSide ? best : other };
  }
  return search.best.at;
}

const betterFirst = (search: Search): Search =>
  Math.abs(search.other.f) < Math.abs(search.best.f)
    ? { last: search.best, best: search.other, other: search.best }
    : search;

/** By interpolation where the steps so far allow it, else half the way to the other side. */
function stepOf(search: Search, moved: number, half: number, least: number): number {
  const { last, best, other } = search;
  if (Math.abs(moved) < least || Math.abs(last.f) <= Math.abs(best.f)) return half;
  const { p, q } = last.at === other.at ? secant(search) : inverseQuadratic(search);
  const [up, down] = p > 0 ? [p, -q] : [-p, q];
  const near = up < 0.75 * (other.at - best.at) * down - Math.abs(least * down) / 2;
  return near && up < Math.abs((moved * down) / 2) ? up / down : half;
}

function secant({ last, best, other }: Search) {
  const ratio = best.f / last.f;
  return { p: (other.at - best.at) * ratio, q: 1 - ratio };
}

function inverseQuadratic({ last, best, other }: Search) {
  const width = other.at - best.at;
  const [q, t1, t2] = [last.f / other.f, best.f / other.f, best.f / last.f];
  const p = t2 * (width * q * (q - t1) - (best.at - last.at) * (t1 - 1));
  return { p, q: (q - 1) * (t1 - 1) * (t2 - 1) };
}
