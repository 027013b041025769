/** What every judge asks of its data: are they news, how old are they; and how it says what it thinks of a metric. */
import type { Fold, Interval, MetricEvidence } from '../verdict.ts';

/** Seen before, late, overlapping with what was seen, or without a proper end: it would count requests twice. */
export const isNews = (fold: Fold, { fromMs, toMs }: Interval): boolean =>
  Number.isFinite(toMs) && fromMs < toMs && fromMs >= fold.upToMs;

/** The first thing wrong with the age of the data, or null. */
export function staleness(fold: Fold, staleMs: number, nowMs: number): string | null {
  if (fold.upToMs === 0) return 'no interval was measured yet';
  const ageMs = nowMs - fold.upToMs;
  if (ageMs < -staleMs) return `the newest data ends ${seconds(-ageMs)} in the future: compare the clocks`;
  if (ageMs <= staleMs) return null;
  return `the newest data is ${seconds(ageMs)} old, older than the ${seconds(staleMs)} allowed: look at the metric source`;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** A guard that says nothing does not hold a release, but is never silently taken for good. */
export function sentence({ metric, role, kind, reason }: MetricEvidence): string {
  return role === 'guard' && kind === 'inconclusive' ? `guard ${metric} not judged: ${reason}` : `${metric}: ${reason}`;
}
