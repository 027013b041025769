/** Judges by kind. A judge that breaks says `error`, which holds a release and never passes it. */
import type { JudgeSpec } from '../spec.ts';
import type { Fold, Interval, Judge, JudgeContext, Verdict } from '../verdict.ts';
import { kayentaJudge } from './kayenta/index.ts';
import { limitsJudge } from './limits/index.ts';
import { sequentialJudge } from './sequential/index.ts';
import { thresholdJudge } from './threshold.ts';

type Judges = { [K in JudgeSpec['kind']]: (spec: Extract<JudgeSpec, { kind: K }>) => Judge };

/** One line per kind. */
export const judges = {
  sequential: sequentialJudge,
  threshold: thresholdJudge,
  limits: limitsJudge,
  kayenta: kayentaJudge,
} satisfies Judges;

export function createJudge(spec: JudgeSpec): Judge {
  return unbreakable(judgeOf(spec));
}

function judgeOf(spec: JudgeSpec): Judge {
  switch (spec.kind) {
    case 'sequential':
      return judges.sequential(spec);
    case 'threshold':
      return judges.threshold(spec);
    case 'limits':
      return judges.limits(spec);
    case 'kayenta':
      return judges.kayenta(spec);
  }
}

/** Set in a fold once an interval could not be folded in: what it would have shown is unknown for the rest of the stage. */
const brokenKey = '$broken';

export function unbreakable(judge: Judge): Judge {
  return {
    start: judge.start,
    nextStage: (fold) => orMark(fold, fold.upToMs, () => judge.nextStage(fold)),
    fold: (fold, interval) =>
      stillBroken(
        fold,
        orMark(fold, newest(fold, interval), () => judge.fold(fold, interval)),
      ),
    decide: (fold, context) => decideOrError(judge, fold, context),
  };
}

function orMark(fold: Fold, upToMs: number, step: () => Fold): Fold {
  try {
    return step();
  } catch (cause) {
    return { upToMs, memory: { ...fold.memory, [brokenKey]: messageOf(cause) } };
  }
}

const stillBroken = (before: Fold, after: Fold): Fold =>
  brokenKey in before.memory ? { ...after, memory: { ...after.memory, [brokenKey]: before.memory[brokenKey] } } : after;

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
