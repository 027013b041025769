import { describe, expect, it } from 'vitest';
import { createJudge } from '../../../src/domain/judge/index.ts';
import { limitsOf, rehearsalJudge } from '../../../src/domain/judge/rehearsal.ts';
import { rehearsedIn, rehearsedText } from '../../../src/domain/rehearsal.ts';
import { falseRollbackRate } from '../../../src/domain/rehearsal-rate.ts';
import type { ThresholdJudgeSpec, ThresholdRule } from '../../../src/domain/spec.ts';
import type { Counts, Fold, Interval } from '../../../src/domain/verdict.ts';

const compared = { role: 'required', maxRatio: 2, minSample: 10 } as const;
const limited = { ...compared, maxRate: 0.5 } as const;
const specOf = (rule: ThresholdRule): ThresholdJudgeSpec => ({
  kind: 'threshold',
  staleMs: 60_000,
  metrics: { errors: rule },
});
const judgeOf = (rule: ThresholdRule) => {
  const spec = specOf(rule);
  return rehearsalJudge(createJudge(spec), createJudge(limitsOf(spec)));
};

const interval = (n: number, gray: Counts): Interval => ({
  fromMs: n * 1_000,
  toMs: (n + 1) * 1_000,
  metrics: { errors: { counts: { gray, stable: { total: 1_000, bad: 10 } } } },
});
const good = { total: 100, bad: 1 };
const bad = { total: 100, bad: 10 };
const awful = { total: 100, bad: 90 };
const at = (n: number) => ({ nowMs: (n + 1) * 1_000, rules: 'all', shareBp: 500 }) as const;

function folded(rule: ThresholdRule, grays: readonly Counts[]): { readonly fold: Fold; readonly kind: string } {
  const judge = judgeOf(rule);
  const fold = grays.reduce((before, gray, n) => judge.fold(before, interval(n, gray)), judge.start());
  return { fold, kind: judge.decide(fold, at(grays.length - 1)).kind };
}

describe('the judge of a rehearsal', () => {
  it('passes what its judge passes', () => {
    const { fold, kind } = folded(compared, [good, good]);
    expect(kind).toBe('pass');
    expect(rehearsedIn(fold)).toEqual({ falseRollbacks: 0, latest: [] });
  });

  it('counts a fail with its reason, does not act on it, and asks for evidence anew', () => {
    const { fold, kind } = folded(compared, [good, bad]);
    expect(kind).toBe('inconclusive');
    expect(rehearsedIn(fold)).toEqual({
      falseRollbacks: 1,
      latest: [{ atMs: 2_000, reason: expect.stringContaining('times the stable rate') }],
    });
    expect(rehearsedText(rehearsedIn(fold))).toMatch(/^the judge would have rolled back 1 time; last: errors/);
  });

  it('counts every time the judge would have rolled back, and can pass after it', () => {
    const { fold, kind } = folded(compared, [bad, good, bad, good]);
    expect(rehearsedIn(fold).falseRollbacks).toBe(2);
    expect(kind).toBe('pass');
  });

  it('lets an absolute limit act, which also counts', () => {
    const { fold, kind } = folded(limited, [good, awful]);
    expect(kind).toBe('fail');
    expect(rehearsedIn(fold).falseRollbacks).toBe(1);
  });

  it('never acts on a comparison, however bad', () => {
    expect(folded(compared, [awful, awful, awful]).kind).not.toBe('fail');
  });

  it('counts an interval that comes twice once', () => {
    const judge = judgeOf(compared);
    const once = judge.fold(judge.start(), interval(0, bad));
    expect(judge.fold(once, interval(0, bad))).toEqual(once);
  });

  it('keeps its count into the next stage, and through JSON', () => {
    const judge = judgeOf(compared);
    const { fold } = folded(compared, [bad]);
    const carried: Fold = JSON.parse(JSON.stringify(judge.nextStage(fold)));
    expect(rehearsedIn(carried).falseRollbacks).toBe(1);
    expect(judge.decide(carried, at(1)).kind).toBe('inconclusive');
  });

  it('keeps the sequential judge as it is, and takes its limits', () => {
    const spec = {
      kind: 'sequential',
      alpha: 0.01,
      beta: 0.05,
      staleMs: 60_000,
      sampleRatio: null,
      metrics: {
        errors: { role: 'required', margin: 1, minSample: 1, weight: 1, dispersion: 1, maxRate: 0.1, stopAbove: 0.4 },
        slow: { role: 'guard', margin: 1, minSample: 1, weight: 1, dispersion: 1 },
      },
    } as const;
    expect(limitsOf(spec).metrics).toEqual({ errors: { role: 'guard', maxRate: 0.4, minSample: 1 } });
    const judge = rehearsalJudge(createJudge(spec), createJudge(limitsOf(spec)));
    const fold = [0, 1, 2, 3].reduce((before, n) => judge.fold(before, interval(n, bad)), judge.start());
    expect(rehearsedIn(fold).falseRollbacks).toBeGreaterThan(0);
    expect(judge.decide(fold, at(3)).kind).toBe('inconclusive');
  });
});

describe('the rate of false rollbacks', () => {
  it.each([
    [0, 1, 0.95],
    [0, 59, 0.0495],
    [1, 10, 0.3942],
    [5, 100, 0.1023],
    [3, 3, 1],
  ])('%i of %i is at most %f with 95 %% confidence', (found, n, atMost) => {
    const counts = Array.from({ length: n }, (_, index) => (index < found ? 2 : 0));
    const rate = falseRollbackRate(counts);
    expect(rate).toMatchObject({ rehearsals: n, withFalseRollback: found });
    expect(rate.atMost).toBeCloseTo(atMost, 4);
  });
});
