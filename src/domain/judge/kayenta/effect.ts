/** How large a difference is, apart from whether there is one. */
import { ranked, sorted } from './ranks.ts';

export type Measure = 'meanRatio' | 'cles';

/** What no difference is in this measure. */
export const noEffect: Readonly<Record<Measure, number>> = { meanRatio: 1, cles: 0.5 };

export const effectOf = (measure: Measure, gray: readonly number[], stable: readonly number[]): number =>
  measure === 'cles' ? cles(gray, stable) : meanRatio(gray, stable);

/** Mean of gray ÷ mean of stable; NaN where either is 0. */
export function meanRatio(gray: readonly number[], stable: readonly number[]): number {
  const [ofGray, ofStable] = [mean(gray), mean(stable)];
  return ofGray === 0 || ofStable === 0 ? Number.NaN : ofGray / ofStable;
}

/** The part of all pairs in which gray is higher, equal ones counted half. */
export function cles(gray: readonly number[], stable: readonly number[]): number {
  const [n, m] = [gray.length, stable.length];
  return (2 * ranked(sorted(gray), sorted(stable)).sum - n * (n + 1)) / (2 * n * m);
}

/** In two passes: the second takes back what the first lost to rounding. */
export function mean(values: readonly number[]): number {
  const first = sum(values) / values.length;
  return first + sum(values.map((value) => value - first)) / values.length;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
