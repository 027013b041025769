/**
 * Evidence that gray is *not* worse: the same process against a null of `margin` times worse. Most of its weight is on an
 * equal gray; some between that and the margin, so that one that is tolerably worse is not undecided for ever; some on a
 * better one. docs/decisions/judge-mixture.md.
 */
import type { Grid, Logs } from './e-process.ts';

const weights = [0.2, 0.6, 0.2] as const;

/** Before the first interval. The weights are in it, so that the mean of the likelihood ratios is the weighted one. */
export const noEvidence: Logs = weights.map((weight) => Math.log(weight * weights.length));

const grids = new Map<number, Grid>();

export function notWorseThan(margin: number): Grid {
  const grid = grids.get(margin) ?? [Math.cbrt(margin), 1, 0.6].map((ratio) => ratio / margin);
  grids.set(margin, grid);
  return grid;
}
