/**
 * Late in leveling and in the watch no stable arm is left to compare with. Then gray is held against the rate that the
 * stable arm had before, doubled: nobody can tell any more whether the whole day became worse or the release is.
 */
import type { ArmCounts } from '../counts.ts';
import { type Logs, noLogs } from './e-process.ts';
import { mixed } from './mixture.ts';

export interface Recorded {
  /** Of the stable arm, while it was large enough to compare with. */
  readonly total: number;
  readonly bad: number;
  /** Evidence that gray is worse than the doubled rate, since the stable arm is too small. */
  readonly logs: Logs;
}

export const noRecord: Recorded = { total: 0, bad: 0, logs: noLogs(mixed) };

/** A stable arm with a smaller part of gray's requests is too small. */
const leastPart = 0.05;

/** A rate from fewer bad events is no rate. */
const leastBad = 10;

const drift = 2;

export const isTooSmall = ({ gray, stable }: ArmCounts): boolean => stable.total < gray.total * leastPart;

export function withRecorded(before: Recorded, counts: ArmCounts, margin: number, dispersion: number): Recorded {
  const { gray, stable } = counts;
  if (!isTooSmall(counts))
    return { total: before.total + stable.total, bad: before.bad + stable.bad, logs: before.logs };
  if (before.bad < leastBad) return before;
  const upper = (before.bad + 2 * Math.sqrt(before.bad * dispersion)) / before.total;
  const expected = gray.total * upper * margin * drift;
  // Poisson, and so safe for single events too: E[exp(step)] ≤ 1 up to the expected rate.
  const step = (ratio: number) => (gray.bad * Math.log(ratio) - expected * (ratio - 1)) / dispersion;
  return { ...before, logs: before.logs.map((log, at) => log + step(mixed[at] ?? 1)) };
}
