/** Evidence that gray's own rate is below a limit, or above it, without comparing. Below is what passes a release in which nothing is bad. */
import type { Counts } from '../../verdict.ts';
import { type Logs, lnE, lnOf, noLogs } from './e-process.ts';
import { mixed } from './mixture.ts';

/** Parts of the limit that the true rate may be. Zero is the usual one. */
const parts = [0, 0.25, 0.5, 0.75];

export const noBound: Logs = parts.map(() => 0);

/** A bad event refutes a rate of zero for good; plain JSON has no −∞. */
const refuted = -1e300;

/** Null: a rate of at least `limit`, a fraction of 1. */
export function withBound(logs: Logs, { total, bad }: Counts, limit: number, dispersion: number): Logs {
  return logs.map((log, at) => {
    const part = parts[at] ?? 0;
    if (part === 0 && bad > 0) return refuted;
    if (log === refuted) return refuted;
    const events = bad === 0 ? 0 : bad * Math.log(part);
    const rest = (total - bad) * (Math.log1p(-part * limit) - Math.log1p(-limit));
    return log + (events + rest) / dispersion;
  });
}

/** ln E against `limit`. */
export const lnBound = (logs: Logs): number => lnE(logs);

export const noAbove: Logs = noLogs(mixed);

/** Null: a rate of at most `limit`. Poisson, and so safe for single events too. */
export function withAbove(logs: Logs, { total, bad }: Counts, limit: number, dispersion: number): Logs {
  const lns = lnOf(mixed);
  return logs.map((log, at) => log + (bad * (lns[at] ?? 0) - total * limit * ((mixed[at] ?? 1) - 1)) / dispersion);
}
