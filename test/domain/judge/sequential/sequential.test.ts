/** Stories of a stage under the sequential judge, one interval a second. */
import { describe, expect, it } from 'vitest';
import { sequentialJudge } from '../../../../src/domain/judge/sequential/index.ts';
import type { SequentialJudgeSpec, SequentialRule } from '../../../../src/domain/spec.ts';
import type { Counts, Fold, Interval, JudgeContext } from '../../../../src/domain/verdict.ts';

const rule: SequentialRule = { role: 'required', margin: 1, minSample: 30, weight: 1, dispersion: 1 };

const specOf = (
  change: Partial<SequentialRule> = {},
  more: Partial<SequentialJudgeSpec> = {},
): SequentialJudgeSpec => ({
  ...{ kind: 'sequential', alpha: 0.01, beta: 0.05, staleMs: 60_000, sampleRatio: 2 },
  metrics: { errors: { ...rule, ...change } },
  ...more,
});

interface Second {
  readonly gray: Counts;
  readonly stable: Counts;
  readonly meantBp?: number;
}

const counts = (bad: number, total: number): Counts => ({ bad, total });
const interval = (at: number, { gray, stable, meantBp = 1_000 }: Second): Interval => ({
  ...{ fromMs: at * 1_000, toMs: (at + 1) * 1_000, meantBp },
  metrics: { errors: { counts: { gray, stable } } },
});

const rules = (nowMs: number, change: Partial<JudgeContext> = {}): JudgeContext => ({
  ...{ nowMs, rules: 'all', shareBp: 1_000 },
  ...change,
});

/** `count` equal seconds, and what the judge says after them. */
function judged(count: number, second: Second, spec = specOf(), before?: Fold, at = 0) {
  const judge = sequentialJudge(spec);
  const seconds = Array.from({ length: count }, (_, index) => interval(at + index, second));
  const fold = seconds.reduce(judge.fold, before ?? judge.start());
  return { judge, fold, verdict: judge.decide(fold, rules((at + count) * 1_000)) };
}

const good = { gray: counts(1, 100), stable: counts(9, 900) };
const bad = { gray: counts(5, 100), stable: counts(9, 900) };
const clean = { gray: counts(0, 100), stable: counts(0, 900) };

describe('a stage', () => {
  it('passes once gray is shown not to be worse', () => {
    expect(judged(2, good).verdict.kind).toBe('inconclusive');
    expect(judged(30, good).verdict).toMatchObject({ kind: 'pass', reason: expect.stringContaining('not worse') });
  });

  it('fails on a gray that is worse, and names the metric and the odds', () => {
    const { verdict } = judged(30, bad);
    expect(verdict).toMatchObject({ kind: 'fail', metric: 'errors', reason: expect.stringContaining('evidence 1 to') });
  });

  it('keeps a fail, whatever comes after it', () => {
    const { fold } = judged(30, bad);
    expect(judged(2_000, good, specOf(), fold, 30).verdict.kind).toBe('fail');
  });

  it('tolerates what the margin allows', () => {
    expect(judged(60, bad, specOf({ margin: 8, passMargin: 10 })).verdict.kind).not.toBe('fail');
  });

  it('of a release in which nothing is bad passes by its own limit only', () => {
    expect(judged(500, clean).verdict).toMatchObject({
      ...{ kind: 'inconclusive', reason: expect.stringContaining('maxRate') },
    });
    expect(judged(8, clean, specOf({ maxRate: 0.01 })).verdict).toMatchObject({
      ...{ kind: 'pass', reason: expect.stringContaining('shown to be below 1.0 %') },
    });
  });

  it('fails at once above what stops it, without asking for evidence', () => {
    const both = { gray: counts(9, 30), stable: counts(270, 900) };
    expect(judged(1, both, specOf({ stopAbove: 0.2 })).verdict).toMatchObject({
      ...{ kind: 'fail', reason: expect.stringContaining('against a limit of 20.0 %') },
    });
  });

  it('fails when shown to be above its own limit, also where stable is as bad', () => {
    const both = { gray: counts(30, 100), stable: counts(270, 900) };
    expect(judged(1, both, specOf({ maxRate: 0.05 })).verdict).toMatchObject({
      ...{ kind: 'fail', reason: expect.stringContaining('against a gray within 5.0 %') },
    });
  });

  it('is not failed by one bad request in a small sample', () => {
    const unlucky = { gray: counts(2, 40), stable: counts(2, 400) };
    expect(judged(1, unlucky, specOf({ maxRate: 0.01 })).verdict.kind).toBe('inconclusive');
  });

  it('needs evidence of its own, while the budget of risk goes on', () => {
    const { judge, fold } = judged(30, good);
    const next = judge.nextStage(fold);
    expect(judge.decide(next, rules(30_000)).kind).toBe('inconclusive');
    const worse = judged(4, bad, specOf(), judge.nextStage(judged(4, bad).fold), 4);
    expect(worse.verdict.evidence[0]?.evidence?.lnFail).toBeGreaterThan(
      judged(4, bad).verdict.evidence[0]?.evidence?.lnFail ?? 0,
    );
  });
});

describe('what cannot be judged', () => {
  it.each([
    ['an arm without requests', { gray: counts(0, 0), stable: counts(9, 900) }],
    ['a stable arm without requests', { gray: counts(1, 100), stable: counts(0, 0) }],
    ['no requests at all', { gray: counts(0, 0), stable: counts(0, 0) }],
  ])('%s neither passes nor fails', (_, second) => {
    expect(judged(100, second).verdict.kind).toBe('inconclusive');
  });

  it.each([
    ['NaN', counts(Number.NaN, 100)],
    ['a negative count', counts(-1, 100)],
    ['more bad requests than requests', counts(101, 100)],
  ])('%s is named and adds nothing', (_, gray) => {
    const { fold } = judged(30, good);
    const { verdict } = judged(1, { ...good, gray }, specOf(), fold, 30);
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      metric: 'errors',
      reason: expect.stringContaining('no counts'),
    });
  });

  it('a metric that its source no longer knows', () => {
    const { judge, fold } = judged(30, good);
    const next = judge.fold(fold, { fromMs: 30_000, toMs: 31_000, metrics: { failures: { counts: good } } });
    expect(judge.decide(next, rules(31_000))).toMatchObject({ kind: 'inconclusive', metric: 'errors' });
  });

  it('data that is old', () => {
    const { judge, fold } = judged(30, good);
    expect(judge.decide(fold, rules(120_000))).toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringContaining('old'),
    });
  });

  it('a router that sends another part of the requests to gray than it was told', () => {
    const { verdict } = judged(30, { ...good, meantBp: 200 });
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('10 % of the requests') });
    expect(judged(30, { ...good, meantBp: 9_000 }).verdict.reason).toContain('90 %');
    expect(judged(30, { ...good, meantBp: 700 }).verdict.kind).toBe('pass');
  });

  it('a stable arm that is gone: only the own limit decides, and the verdict says so', () => {
    const { judge, fold } = judged(30, good);
    const { kind, evidence } = judge.decide(fold, rules(30_000, { rules: 'absolute' }));
    expect(kind).toBe('inconclusive');
    expect(evidence[0]?.evidence?.outlook).toContain('too small to compare');
  });
});

describe('a watch without a stable arm', () => {
  const alone = (bad: number) => ({ gray: counts(bad, 1_000), stable: counts(0, 0) });
  const { fold } = judged(60, good);

  it('fails where gray is far above the rate that the stable arm had', () => {
    expect(judged(20, alone(60), specOf(), fold, 60).verdict).toMatchObject({ kind: 'fail', metric: 'errors' });
  });

  it('tolerates a bad day', () => {
    expect(judged(2_000, alone(18), specOf(), fold, 60).verdict.kind).not.toBe('fail');
  });

  it('knows nothing where there was no stable rate before', () => {
    expect(judged(500, alone(60)).verdict.kind).not.toBe('fail');
  });
});

describe('an interval', () => {
  it('that comes twice, late or overlapping counts once', () => {
    const { judge, fold } = judged(10, bad);
    const again = [interval(9, bad), interval(3, bad), { ...interval(9, bad), toMs: 10_500 }];
    for (const one of again) expect(judge.fold(fold, one)).toEqual(fold);
  });

  it('leaves a memory of a fixed size', () => {
    const size = (count: number) => JSON.stringify(judged(count, good).fold).length;
    expect(size(2_000)).toBeLessThan(size(20) * 1.3);
  });

  it('survives JSON, as a heartbeat or a new run carries it', () => {
    const { judge, fold } = judged(10, good);
    const carried: Fold = JSON.parse(JSON.stringify(fold));
    expect(judge.fold(carried, interval(10, good))).toEqual(judge.fold(fold, interval(10, good)));
  });
});

describe('several metrics', () => {
  const two = specOf({}, { metrics: { errors: rule, slow: { ...rule, role: 'guard' } } });
  const both = (at: number, errors: Second, slow: Second): Interval => ({
    ...interval(at, errors),
    metrics: { errors: { counts: errors }, slow: { counts: slow } },
  });

  it('share one budget; the guilty one is named', () => {
    const judge = sequentialJudge(two);
    const fold = Array.from({ length: 30 }, (_, at) => both(at, good, bad)).reduce(judge.fold, judge.start());
    expect(judge.decide(fold, rules(30_000))).toMatchObject({ kind: 'fail', metric: 'slow' });
  });

  it('a guard need not pass', () => {
    const judge = sequentialJudge(two);
    const fold = Array.from({ length: 30 }, (_, at) => both(at, good, clean)).reduce(judge.fold, judge.start());
    expect(judge.decide(fold, rules(30_000)).kind).toBe('pass');
  });
});

describe('what it tells', () => {
  it('the ratio with an interval that holds however often one looks', () => {
    const told = judged(60, bad).verdict.evidence[0]?.evidence;
    expect(told?.ratio).toBeCloseTo(5, 5);
    expect(told?.ratioLow).toBeGreaterThan(1.5);
    expect(told?.ratioLow).toBeLessThan(5);
    expect(told?.ratioHigh).toBeGreaterThan(5);
  });

  it('how many requests are missing for a pass', () => {
    const { verdict } = judged(8, good);
    expect(verdict.reason).toMatch(/about \d+ more gray requests to pass at this rate/);
  });

  it('that it cannot vouch for single errors before it has seen whether they come in clumps', () => {
    const measured = specOf({ dispersion: 'measured' });
    expect(judged(3, good, measured).verdict.reason).toContain('come in clumps');
    expect(judged(12, good, measured).verdict.reason).not.toContain('clumps');
  });
});
