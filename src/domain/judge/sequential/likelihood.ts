/**
 * The log likelihood of the rate ratio on a fixed grid, added up over the intervals. It gives the interval of the ratio
 * that holds however often one looks: every ratio that the evidence has not refuted at 1/α.
 */
import type { ArmCounts } from '../counts.ts';
import { type Grid, gridOf, type Logs, lnOf, lnSum } from './e-process.ts';

export const ratios: Grid = gridOf(1 / 16, 64, 31);

export function withLikelihood(logs: Logs, { gray, stable }: ArmCounts, dispersion: number): Logs {
  if (gray.total === 0 || stable.total === 0 || gray.bad + stable.bad === 0) return logs;
  const part = gray.total / (gray.total + stable.total);
  const bad = gray.bad + stable.bad;
  const lns = lnOf(ratios);
  const sums: number[] = [];
  for (let at = 0; at < ratios.length; at += 1)
    sums.push(
      (logs[at] ?? 0) + (gray.bad * (lns[at] ?? 0) - bad * Math.log(1 + part * ((ratios[at] ?? 1) - 1))) / dispersion,
    );
  return sums;
}

/** Ratios of rates, 1 is equal. Null is an end that the evidence does not bound. */
export interface RatioInterval {
  readonly low: number | null;
  readonly high: number | null;
}

/** The interval at 1 − `risk`. Between the points of the grid the wider end is told. */
export function ratioInterval(logs: Logs, risk: number): RatioInterval {
  const mean = lnSum(logs) - Math.log(logs.length);
  const kept = ratios.flatMap((_, at) => (mean - (logs[at] ?? 0) < -Math.log(risk) ? [at] : []));
  const first = kept[0];
  const last = kept.at(-1);
  if (first === undefined || last === undefined) return { low: null, high: null };
  return { low: ratios[first - 1] ?? null, high: ratios[last + 1] ?? null };
}
