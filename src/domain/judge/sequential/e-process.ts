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

/** From as good as stable to far better, against a null of `margin` times worse. */
export const notWorseThan = (margin: number): Grid => [1, 0.75, 0.5, 0.25].map((ratio) => ratio / margin);

export const noLogs = (grid: Grid): Logs => grid.map(() => 0);

/**
 * One interval more. `dispersion` ≥ 1 is the variance of the counts over their mean: bad events that come in clumps say
 * less. An interval in which one arm had no request says nothing.
 */
export function withInterval(
  logs: Logs,
  { gray, stable }: ArmCounts,
  grid: Grid,
  margin: number,
  dispersion = 1,
): Logs {
  if (gray.total === 0 || stable.total === 0) return logs;
  const expected = (gray.total * margin) / (gray.total * margin + stable.total);
  const bad = gray.bad + stable.bad;
  return logs.map((log, at) => {
    const ratio = grid[at] ?? 1;
    // Equal to x₁ ln(θk/θ₀) + x₀ ln((1−θk)/(1−θ₀)), without its cancellation at huge counts.
    return log + (gray.bad * Math.log(ratio) - bad * Math.log1p(expected * (ratio - 1))) / dispersion;
  });
}

/** ln E: the mean of the likelihood ratios over the grid. 0 is no evidence either way. */
export const lnE = (logs: Logs): number => lnSum(logs) - Math.log(logs.length);

/** ln(Σ exp(log)), for logs of any size; −∞ for none. */
export function lnSum(logs: Logs): number {
  const highest = Math.max(...logs);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0));
}
