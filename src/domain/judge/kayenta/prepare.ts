/** What happens to the values of an arm before they are compared: first NaN, then outliers, each arm alone. */
import { sorted } from './ranks.ts';

/** A factor of the interquartile range, or no removal. */
export type Outliers = 'keep' | number;
export type NanStrategy = 'remove' | 'replace';

export function prepared(values: readonly number[], nan: NanStrategy, outliers: Outliers): readonly number[] {
  const numbers =
    nan === 'replace' ? values.map((value) => (Number.isNaN(value) ? 0 : value)) : values.filter(isNumber);
  return outliers === 'keep' ? numbers : withoutOutliers(numbers, outliers);
}

const isNumber = (value: number): boolean => !Number.isNaN(value);

/** Never anything between the 1st and the 99th percentile, however narrow the quartiles are. */
export function withoutOutliers(values: readonly number[], factor: number): readonly number[] {
  const [p1, q1, q3, p99] = [1, 25, 75, 99].map((percent) => percentile(values, percent));
  if (p1 === undefined || q1 === undefined || q3 === undefined || p99 === undefined) return values;
  const [low, high] = [Math.min(p1, q1 - factor * (q3 - q1)), Math.max(p99, q3 + factor * (q3 - q1))];
  return values.filter((value) => value >= low && value <= high);
}

/** R's type 7, numpy's default. NaN for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const order = sorted(values);
  const position = ((order.length - 1) * percent) / 100;
  const below = order[Math.floor(position)] ?? Number.NaN;
  const above = order[Math.floor(position) + 1] ?? below;
  return below + (position - Math.floor(position)) * (above - below);
}
