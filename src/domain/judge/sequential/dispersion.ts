/**
 * How much more the counts of bad events scatter than single events would (variance ÷ mean, never below 1), measured at
 * the stable arm while it runs. Neighbouring intervals are compared, so that a slow drift is not taken for scatter. Few
 * of them are answered with caution: the upper end of what they allow is used, and only for the intervals that follow.
 */
import type { Counts } from '../../verdict.ts';

export interface Scatter {
  /** Compared pairs, and the sum of their squared differences over what single events would give. */
  readonly pairs: number;
  readonly sum: number;
  readonly last: Counts | null;
}

export const noScatter: Scatter = { pairs: 0, sum: 0, last: null };

/** A pair with fewer expected events than this says nothing about scatter. */
const leastExpected = 0.5;

export function withPair(scatter: Scatter, counts: Counts): Scatter {
  const { last } = scatter;
  if (counts.total === 0) return scatter;
  if (last === null) return { ...scatter, last: counts };
  const rate = (last.bad + counts.bad) / (last.total + counts.total);
  const expected = rate * Math.min(last.total, counts.total);
  if (expected < leastExpected) return { ...scatter, last: counts };
  const difference = counts.bad / counts.total - last.bad / last.total;
  const single = rate / counts.total + rate / last.total;
  return { pairs: scatter.pairs + 1, sum: scatter.sum + difference ** 2 / single, last: counts };
}

/** Unknown scatter is taken for this: what retry storms were measured to reach. */
const unknown = 9;

/** The upper end of the dispersion at 95 %, at least 1. */
export function dispersionOf({ pairs, sum }: Scatter): number {
  if (isUnknown({ pairs })) return unknown;
  return Math.max(1, sum / pairs / meanSquare(pairs, -1.6449));
}

const leastPairs = 4;

/** Too few pairs to vouch for what the scatter is: the worst that was measured is assumed. */
export const isUnknown = ({ pairs }: Pick<Scatter, 'pairs'>): boolean => pairs < leastPairs;

/**
 * What `pairs` of single events show, `z` standard deviations off: χ² over its degrees, by Wilson and Hilferty. Neighbouring
 * pairs share an interval, so three count for two.
 */
export function meanSquare(pairs: number, z: number): number {
  const degrees = (pairs * 2) / 3;
  const spread = 2 / (9 * degrees);
  return (1 - spread + z * Math.sqrt(spread)) ** 3;
}
