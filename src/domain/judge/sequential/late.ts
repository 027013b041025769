/**
 * A regression that begins late (a leak, a cron job) is drowned by the good evidence before it. So half of the evidence
 * begins anew every five minutes. The restarts have fixed weights that sum to 1, and one that has not come yet counts
 * as 1: the mixture is an e-process however long the release takes. Per point of the grid one number is remembered.
 */
import { type Grid, type Logs, lnSum, plusSteps } from './e-process.ts';

export interface Late {
  /** Restarts that have come. */
  readonly restarts: number;
  /** When the next one comes, epoch milliseconds; 0 before the first interval. */
  readonly nextMs: number;
  /** ln of the weighted sum of the restarts' likelihood ratios, one per point of the grid; null for none. */
  readonly sums: Logs | null;
}

export const noLate: Late = { restarts: 0, nextMs: 0, sums: null };

const everyMs = 5 * 60_000;

/** Of restart `number`, from 1: 1/2, 1/6, 1/12 … */
const weightOf = (number: number): number => 1 / (number * (number + 1));

/** What the restarts that have not come yet weigh together. */
const restOf = (restarts: number): number => 1 / (restarts + 1);

/** `steps` is what an interval that begins at `fromMs` adds to the logs. */
export function withLate(late: Late, fromMs: number, steps: Logs | null, grid: Grid): Late {
  const begun = late.nextMs === 0 ? { ...late, nextMs: fromMs + everyMs } : restarted(late, fromMs, grid);
  return steps === null || begun.sums === null ? begun : { ...begun, sums: plusSteps(begun.sums, steps) };
}

/** After a long pause one restart is enough. */
function restarted(late: Late, fromMs: number, grid: Grid): Late {
  if (fromMs < late.nextMs) return late;
  const restarts = late.restarts + 1;
  const fresh = Math.log(weightOf(restarts));
  return {
    restarts,
    nextMs: fromMs + everyMs,
    sums: grid.map((_, at) => lnSum([late.sums?.[at] ?? -Infinity, fresh])),
  };
}

/** ln of the mixture: half from the start, half from the restarts. */
export function lnWithLate(fromStart: number, { sums, restarts }: Late, grid: Grid): number {
  const waiting = Math.log(restOf(restarts));
  const late = sums === null ? waiting : lnSum([lnSum(sums) - Math.log(grid.length), waiting]);
  return lnSum([fromStart, late]) - Math.LN2;
}
