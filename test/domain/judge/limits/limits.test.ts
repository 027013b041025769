import { describe, expect, it } from 'vitest';
import { limitsJudge } from '../../../../src/domain/judge/limits/index.ts';
import type { LimitsRule } from '../../../../src/domain/spec.ts';
import type { Fold, MetricReading } from '../../../../src/domain/verdict.ts';

const usual: LimitsRule = {
  ...{ role: 'required', failAbove: 0.05, passBelow: 0.05, minSample: 10, count: 3 },
  ...{ failureLimit: 0, inconclusiveLimit: 0, consecutiveErrorLimit: 4 },
};

const seen = (bad: number, total = 100): MetricReading => ({
  counts: { gray: { total, bad }, stable: { total: 900, bad: 0 } },
});
const good = seen(1);
const bad = seen(20);
const away: MetricReading = { unusable: 'the source is away' };

function judged(readings: readonly MetricReading[], change: Partial<LimitsRule> = {}, before?: Fold) {
  const judge = limitsJudge({ kind: 'limits', staleMs: 60_000, metrics: { errors: { ...usual, ...change } } });
  const begin = before ?? judge.start();
  const fold = readings.reduce(
    (memory, reading) =>
      judge.fold(memory, { fromMs: memory.upToMs, toMs: memory.upToMs + 1_000, metrics: { errors: reading } }),
    begin,
  );
  return { judge, fold, verdict: judge.decide(fold, { nowMs: fold.upToMs, rules: 'all', shareBp: 500 }) };
}

describe('counted measurements', () => {
  it('pass a stage once enough of them are successful', () => {
    expect(judged([good, good]).verdict).toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringContaining('2 of 3'),
    });
    expect(judged([good, good, good]).verdict.kind).toBe('pass');
  });

  it('fail at the first failed one, unless some are allowed', () => {
    expect(judged([good, bad]).verdict).toMatchObject({ kind: 'fail', metric: 'errors' });
    expect(judged([bad, good, good, good], { failureLimit: 1 }).verdict.kind).toBe('pass');
    expect(judged([bad, good, bad], { failureLimit: 1 }).verdict.kind).toBe('fail');
  });

  it('keep a fail, into the next stage too', () => {
    const { judge, fold } = judged([bad]);
    expect(judged([good, good, good], {}, judge.nextStage(fold)).verdict.kind).toBe('fail');
  });

  it('between the two limits, or of too few requests, are inconclusive and never pass', () => {
    expect(judged([seen(3), good, good, good], { passBelow: 0.01 }).verdict.reason).toContain(
      '1 inconclusive of 0 allowed',
    );
    expect(judged([seen(0, 5), good, good, good]).verdict.kind).toBe('inconclusive');
    expect(judged([seen(0, 5), good, good, good], { inconclusiveLimit: 1 }).verdict.kind).toBe('pass');
  });

  it('that cannot be made hold the stage, and are an error after too many in a row', () => {
    expect(judged([good, good, good, away]).verdict.kind).toBe('inconclusive');
    expect(judged([good, good, good, ...Array.from({ length: 5 }, () => away)]).verdict.kind).toBe('error');
    expect(judged([away, away, good, good, good]).verdict.kind).toBe('pass');
  });

  it('begin anew in the next stage', () => {
    const { judge, fold } = judged([good, good, good]);
    expect(judged([good], {}, judge.nextStage(fold)).verdict.kind).toBe('inconclusive');
  });

  it('count once, also when they come twice, and not when they are old', () => {
    const { judge, fold } = judged([good, good, good]);
    expect(judge.fold(fold, { fromMs: 2_000, toMs: 3_000, metrics: { errors: bad } })).toEqual(fold);
    expect(judge.decide(fold, { nowMs: 100_000, rules: 'all', shareBp: 500 }).kind).toBe('inconclusive');
  });
});
