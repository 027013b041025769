/** From what each metric says to one verdict: a fail beats everything, doubt in the data a pass, and every required metric must pass. */
import type { MetricEvidence, Verdict } from '../verdict.ts';
import { sentence } from './fresh.ts';

/** `doubt`: why the data cannot be judged now; null for none. */
export function combined(evidence: readonly MetricEvidence[], untilMs: number, doubt: string | null): Verdict {
  const verdict = { evidence, untilMs };
  const failed = evidence.find(({ kind }) => kind === 'fail');
  if (failed) return { ...verdict, kind: 'fail', metric: failed.metric, reason: sentence(failed) };
  if (doubt !== null) return { ...verdict, kind: 'inconclusive', reason: doubt };
  const open = evidence.find(({ kind, role }) => kind !== 'pass' && role === 'required');
  if (open) return { ...verdict, kind: open.kind, metric: open.metric, reason: sentence(open) };
  if (!evidence.some(({ role }) => role === 'required'))
    return { ...verdict, kind: 'inconclusive', reason: 'no metric is required, so nothing can pass' };
  return { ...verdict, kind: 'pass', reason: evidence.map(sentence).join('; ') };
}
