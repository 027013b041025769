/**
 * The conditional count e-process: evidence that gray's rate of bad events is more than `margin` times the stable one.
 * Given the traffic each arm really got in an interval, the stable rate cancels: drift, shared incidents and changes of
 * the share need no correction. Intervals are multiplied, never pooled, and E never starts again. P(ever E ≥ 1/α) ≤ α
 * for a gray that is not worse (Ville); Lindon and Malek, arXiv 2011.03567.
 */
import type { ArmCounts } from '../counts.ts';

/** Rate ratios beyond the margin, of equal prior weight. Their number is the size of the memory. */
export type Grid = readonly number[];

/** Logarithms of the likelihood ratios so far, one per point of a grid. */
export type Logs = readonly number[];

/** `count` ratios from `from` to `to`, equally spaced in their logarithm. */
export const gridOf = (from: number, to: number, count: number): Grid =>
  Array.from({ length: count }, (_, at) => from * (to / from) ** (at / (count - 1)));

/** From somewhat worse to a disaster. */
export const worse: Grid = gridOf(1.15, 40, 24);

export const noLogs = (grid: Grid): Logs => grid.map(() => 0);

/**
 * One interval more. `dispersion` ≥ 1 is the variance of the counts over their mean: bad events that come in clumps say
 * less. An interval in which one arm had no request says nothing.
 */
export function withInterval(logs: Logs, counts: ArmCounts, grid: Grid, margin: number, dispersion = 1): Logs {
  const steps = stepsOf(counts, grid, margin, dispersion);
  return steps === null ? logs : plusSteps(logs, steps);
}

/** What an interval adds to each point; null for nothing. */
export function stepsOf({ gray, stable }: ArmCounts, grid: Grid, margin: number, dispersion: number): Logs | null {
  if (gray.total === 0 || stable.total === 0) return null;
  const expected = (gray.total * margin) / (gray.total * margin + stable.total);
  const bad = gray.bad + stable.bad;
  const lns = lnOf(grid);
  const steps: number[] = [];
  // Equal to x₁ ln(θk/θ₀) + x₀ ln((1−θk)/(1−θ₀)), without its cancellation at huge counts.
  for (let at = 0; at < grid.length; at += 1)
    steps.push((gray.bad * (lns[at] ?? 0) - bad * Math.log1p(expected * ((grid[at] ?? 1) - 1))) / dispersion);
  return steps;
}

/** A loop, since this is where a judge spends its time. */
export function plusSteps(logs: Logs, steps: Logs): Logs {
  const sums: number[] = [];
  for (let at = 0; at < logs.length; at += 1) sums.push((logs[at] ?? 0) + (steps[at] ?? 0));
  return sums;
}

const lnsOfGrids = new WeakMap<Grid, Logs>();

/** The logarithms of a grid's ratios, taken once. */
export function lnOf(grid: Grid): Logs {
  const known = lnsOfGrids.get(grid);
  if (known !== undefined) return known;
  const lns = grid.map((ratio) => Math.log(ratio));
  lnsOfGrids.set(grid, lns);
  return lns;
}

/** ln E: the mean of the likelihood ratios over the grid. 0 is no evidence either way. */
export const lnE = (logs: Logs): number => lnSum(logs) - Math.log(logs.length);

/** ln(Σ exp(log)), for logs of any size; −∞ for none. */
export function lnSum(logs: Logs): number {
  const highest = Math.max(...logs);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0));
}
