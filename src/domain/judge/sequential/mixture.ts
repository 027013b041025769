/**
 * Evidence that gray is worse, mixed over how much worse it may be and over when it became so (a leak, a cron job). Nine
 * tenths begin at once, equally on all ratios. The rest waits and enters less and less of it as the clock goes, more on
 * small ratios, since large ones are seen at once whenever they begin. What moves is known before the interval, and
 * moving keeps the sum, so it is an e-process however long the release takes: docs/decisions/judge-mixture.md.
 */
import { gridOf, type Logs, lnSum, plusSteps } from './e-process.ts';

export const mixed = gridOf(1.2, 20, 12);

export interface Mixture {
  /** Begin of the first interval, epoch milliseconds; 0 before it. */
  readonly beganMs: number;
  /** What waits still, a part of 1. */
  readonly waiting: number;
  /** ln of what has entered, times its likelihood ratio: one number per ratio. */
  readonly sums: Logs;
}

/** The part of the weight that the planner counts on; the rest enters later and adds little. */
export const atOnce = 0.9;

export const noMixture: Mixture = {
  beganMs: 0,
  waiting: 1 - atOnce,
  sums: mixed.map(() => Math.log(atOnce / mixed.length)),
};

/** Half of what waits has entered after this time. */
const halfMs = 30 * 60_000;

const waitingAfter = (ms: number): number => ((1 - atOnce) * halfMs) / (halfMs + ms);

const all = mixed.reduce((sum, ratio) => sum + 1 / Math.log(ratio), 0);
const lnShares = mixed.map((ratio) => -Math.log(Math.log(ratio) * all));

/** `steps` is what an interval that begins at `fromMs` adds to the logs; null for nothing. */
export function withSteps(mixture: Mixture, fromMs: number, steps: Logs | null): Mixture {
  const beganMs = mixture.beganMs === 0 ? fromMs : mixture.beganMs;
  const waiting = waitingAfter(fromMs - beganMs);
  const entered = enter(mixture.sums, mixture.waiting - waiting);
  return { beganMs, waiting, sums: steps === null ? entered : plusSteps(entered, steps) };
}

function enter(sums: Logs, entering: number): Logs {
  if (entering <= 0) return sums;
  const lnEntering = Math.log(entering);
  return sums.map((sum, at) => {
    const part = lnEntering + (lnShares[at] ?? 0) - sum;
    return part > 0 ? sum + part + Math.log1p(Math.exp(-part)) : sum + Math.log1p(Math.exp(part));
  });
}

/** ln E: what has entered, and what waits, which counts as 1. */
export const lnMixture = ({ sums, waiting }: Mixture): number => lnSum([lnSum(sums), Math.log(waiting)]);
