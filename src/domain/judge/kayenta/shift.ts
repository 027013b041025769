/**
 * By how much x lies above y: the Hodges–Lehmann shift and its interval from the two-sided rank-sum test, as R's
 * `wilcox.test(x, y, conf.int = TRUE, exact = FALSE, correct = TRUE)`. Kayenta corrects for continuity in the shift too.
 */
import { ranked, type Sorted, sorted } from './ranks.ts';
import { type Point, zeroin } from './zeroin.ts';

export interface Shift {
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
}

/** `z`: the normal quantile of the interval's ends. Throws where every observation is tied. */
export function shiftOf(gray: readonly number[], stable: readonly number[], z: number): Shift {
  const [x, y] = [sorted(gray), sorted(stable)];
  const low = least(x) - most(y);
  const high = most(x) - least(y);
  const [fLow, fHigh] = [standardised(x, y, low), standardised(x, y, high)];
  const root = (quantile: number): number =>
    zeroin(point(low, fLow - quantile), point(high, fHigh - quantile), (at) => standardised(x, y, at) - quantile);
  const end = (quantile: number): number => {
    if (fLow - quantile <= 0) return low;
    return fHigh - quantile >= 0 ? high : root(quantile);
  };
  return { low: end(z), high: end(-z), estimate: root(0) };
}

const point = (at: number, f: number): Point => ({ at, f });
const least = (values: Sorted): number => values[0] ?? Number.NaN;
const most = (values: Sorted): number => values.at(-1) ?? Number.NaN;

/** The rank sum of x − shift, less its mean and half a step, over its standard deviation. */
export function standardised(x: Sorted, y: Sorted, shift: number): number {
  const [n, m] = [x.length, y.length];
  const { sum, ties } = ranked(x, y, shift);
  const above = sum - (n * (n + 1)) / 2 - (n * m) / 2;
  const sigma = Math.sqrt(((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1))));
  if (!(sigma > 0)) throw new RangeError('all observations are tied');
  return (above - 0.5 * Math.sign(above)) / sigma;
}
