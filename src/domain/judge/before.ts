/** What a judge wants to know of the time before the release. */
import type { JudgeSpec } from '../spec.ts';

/** Intervals of the stable servers: from them it knows how much bad events scatter, and need not assume the worst. */
export function intervalsBefore(judge: JudgeSpec): number {
  if (judge.kind !== 'sequential') return 0;
  return Object.values(judge.metrics).some(({ dispersion }) => dispersion === 'measured') ? 60 : 0;
}
