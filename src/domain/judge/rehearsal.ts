/**
 * The judge of a rehearsal: the file's judge is asked as ever, but only the absolute limits act. Each fail of the file's
 * judge is counted, and it starts afresh, as after an operator's override.
 */
import { nothingRehearsed, type Rehearsed, rehearsedIn, withFalseRollback } from '../rehearsal.ts';
import type { JudgeSpec, ThresholdJudgeSpec, ThresholdRule } from '../spec.ts';
import type { Fold, Interval, Judge, JudgeContext, Verdict } from '../verdict.ts';

export const rehearsalJudge = (judged: Judge, limits: Judge): Judge => ({
  start: () => asFold({ judged: judged.start(), limits: limits.start(), rehearsed: nothingRehearsed }),
  nextStage: (fold) => {
    const before = recall(judged, limits, fold);
    return asFold({ ...before, judged: judged.nextStage(before.judged), limits: limits.nextStage(before.limits) });
  },
  fold: (fold, interval) => foldInterval(judged, limits, recall(judged, limits, fold), interval),
  decide: (fold, context) => decide(judged, limits, recall(judged, limits, fold), context),
});

/** The absolute limits of any judge, as a judge that can only fail. */
export function limitsOf(judge: JudgeSpec): ThresholdJudgeSpec {
  const rules = limitedBy(judge).flatMap(([metric, maxRate, minSample]) =>
    maxRate === undefined ? [] : [[metric, { role: 'guard', maxRate, minSample } satisfies ThresholdRule] as const],
  );
  return { kind: 'threshold', staleMs: judge.staleMs, metrics: Object.fromEntries(rules) };
}

type Limited = readonly [metric: string, maxRate: number | undefined, minSample: number];

/** Only what asks no evidence: where a limit is weighed against the budget of risk, its fails are what is to be counted. */
function limitedBy(judge: JudgeSpec): readonly Limited[] {
  switch (judge.kind) {
    case 'threshold':
      return Object.entries(judge.metrics).map(([metric, rule]) => [metric, rule.maxRate, rule.minSample]);
    case 'sequential':
      return Object.entries(judge.metrics).map(([metric, rule]) => [metric, rule.stopAbove, rule.minSample]);
    case 'limits':
    case 'kayenta':
      return [];
  }
}

interface Memory {
  readonly judged: Fold;
  readonly limits: Fold;
  readonly rehearsed: Rehearsed;
}

const asFold = (memory: Memory): Fold => ({ upToMs: memory.judged.upToMs, memory: { ...memory } });

function recall(judged: Judge, limits: Judge, fold: Fold): Memory {
  const { memory } = fold;
  return {
    judged: isFold(memory.judged) ? memory.judged : judged.start(),
    limits: isFold(memory.limits) ? memory.limits : limits.start(),
    rehearsed: rehearsedIn(fold),
  };
}

const isFold = (value: unknown): value is Fold =>
  typeof value === 'object' && value !== null && 'upToMs' in value && 'memory' in value;

function foldInterval(judged: Judge, limits: Judge, before: Memory, interval: Interval): Fold {
  const after = {
    ...before,
    judged: judged.fold(before.judged, interval),
    limits: limits.fold(before.limits, interval),
  };
  const { toMs: nowMs, meantBp = 0 } = interval;
  const verdict = judged.decide(after.judged, { nowMs, rules: 'all', shareBp: meantBp });
  if (verdict.kind !== 'fail') return asFold(after);
  return asFold({
    ...after,
    judged: { ...judged.start(), upToMs: after.judged.upToMs },
    rehearsed: withFalseRollback(before.rehearsed, { atMs: nowMs, reason: verdict.reason }),
  });
}

function decide(judged: Judge, limits: Judge, memory: Memory, context: JudgeContext): Verdict {
  const limit = limits.decide(memory.limits, { ...context, rules: 'absolute' });
  if (limit.kind === 'fail') return limit;
  const verdict = judged.decide(memory.judged, context);
  return verdict.kind === 'fail'
    ? { ...verdict, kind: 'inconclusive', reason: `not acting: ${verdict.reason}` }
    : verdict;
}
