/** Judges by kind. A judge that breaks says `error`, which holds a release and never passes it. */
import type { JudgeSpec } from '../spec.ts';
import type { Fold, Interval, Judge, JudgeContext, Verdict } from '../verdict.ts';
import { thresholdJudge } from './threshold.ts';

type Judges = { [K in JudgeSpec['kind']]: (spec: Extract<JudgeSpec, { kind: K }>) => Judge };

/** One line per kind; the next one is `statistical`. */
export const judges = {
  threshold: thresholdJudge,
} satisfies Judges;

export function createJudge(spec: JudgeSpec): Judge {
  return unbreakable(judges[spec.kind](spec));
}

/** Set in a fold once an interval could not be folded in: what it would have shown is unknown from then on. */
const brokenKey = '$broken';

export function unbreakable(judge: Judge): Judge {
  return {
    start: judge.start,
    fold: (fold, interval) => foldOrMark(judge, fold, interval),
    decide: (fold, context) => decideOrError(judge, fold, context),
  };
}

function foldOrMark(judge: Judge, fold: Fold, interval: Interval): Fold {
  const broken = fold.memory[brokenKey];
  try {
    const next = judge.fold(fold, interval);
    return broken === undefined ? next : { ...next, memory: { ...next.memory, [brokenKey]: broken } };
  } catch (cause) {
    return { upToMs: newest(fold, interval), memory: { ...fold.memory, [brokenKey]: broken ?? messageOf(cause) } };
  }
}

const newest = (fold: Fold, { toMs }: Interval): number =>
  Number.isFinite(toMs) ? Math.max(fold.upToMs, toMs) : fold.upToMs;

function decideOrError(judge: Judge, fold: Fold, context: JudgeContext): Verdict {
  const broken = fold.memory[brokenKey];
  try {
    const verdict = judge.decide(fold, context);
    if (broken === undefined || verdict.kind === 'fail') return verdict;
    return { ...verdict, kind: 'error', reason: `the judge broke: ${String(broken)}` };
  } catch (cause) {
    return { kind: 'error', reason: `the judge broke: ${messageOf(cause)}`, evidence: [], untilMs: fold.upToMs };
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).slice(0, 400);
