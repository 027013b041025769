import { describe, expect, it } from 'vitest';
import { createJudge } from '../../../src/domain/judge/index.ts';
import type { MetricReading } from '../../../src/domain/verdict.ts';
import { asked, counts, foldAll, interval, series, spec, verdictOf } from './samples.ts';

const errors = createJudge(spec({ errors: { maxRate: 0.01 } }));
const worse = createJudge(spec({ slow: { maxRatio: 2 } }));
const both = createJudge(spec({ errors: { maxRate: 0.05, maxRatio: 2 } }));
const odd = (gray: unknown): MetricReading => ({ counts: { gray, stable: { bad: 0, total: 1_000 } } }) as MetricReading;

describe('a stage passes', () => {
  it.each([
    ['when its only metric stays within an absolute limit', errors, series('errors', counts([2, 300]))],
    ['exactly on the absolute limit', errors, series('errors', counts([3, 300]))],
    ['when gray is as bad as stable', worse, series('slow', counts([150, 300], [500, 1_000]))],
    ['exactly on the relative limit', worse, series('slow', counts([30, 300], [50, 1_000]))],
    [
      'once the sample is there, though no single interval has it',
      errors,
      series('errors', ...Array(5).fill(counts([0, 20]))),
    ],
    ['when one metric had a gap that is over', errors, series('errors', { unusable: 'away' }, counts([0, 300]))],
  ])('%s', (_, judge, intervals) => {
    expect(verdictOf(judge, intervals)).toMatchObject({ kind: 'pass' });
  });

  it('with its numbers', () => {
    const verdict = verdictOf(both, series('errors', counts([2, 300], [10, 1_000])));
    expect(verdict.reason).toBe(
      'errors: 2 of 300 gray requests (0.7 %), within 5.0 %, within 2 times the stable 1.0 %',
    );
  });
});

describe('a stage fails', () => {
  it.each([
    ['over the absolute limit', errors, 'errors', counts([12, 240])],
    ['over the relative limit', worse, 'slow', counts([90, 300], [100, 1_000])],
    ['with two bad gray requests in few where stable has none in many', worse, 'slow', counts([2, 200], [0, 9_000])],
    ['by the absolute rule alone where stable is as bad', both, 'errors', counts([60, 300], [200, 1_000])],
    ['by the relative rule alone where the absolute one holds', both, 'errors', counts([12, 300], [10, 1_000])],
  ])('%s', (_, judge, metric, reading) => {
    expect(verdictOf(judge, series(metric, reading))).toMatchObject({ kind: 'fail', metric });
  });

  it('with a sentence that has the numbers', () => {
    expect(verdictOf(errors, series('errors', counts([12, 240]))).reason).toBe(
      'errors: 12 of 240 gray requests (5.0 %) against a limit of 1.0 %',
    );
    expect(verdictOf(worse, series('slow', counts([90, 300], [100, 1_000]))).reason).toBe(
      'slow: 90 of 300 gray requests (30.0 %), 100 of 1000 stable requests (10.0 %): 3.0 times the stable rate against a limit of 2',
    );
  });

  it('for good, whatever comes later', () => {
    const later = Array(50).fill(counts([0, 10_000]));
    const verdict = verdictOf(errors, series('errors', counts([12, 240]), ...later, { unusable: 'away' }));
    expect(verdict).toMatchObject({ kind: 'fail', metric: 'errors' });
  });

  it('also when the data is stale by now', () => {
    expect(verdictOf(errors, series('errors', counts([12, 240])), { nowMs: 9e12 }).kind).toBe('fail');
  });

  it('on a late regression that the first hours hide', () => {
    const good = Array(200).fill(counts([0, 1_000]));
    expect(verdictOf(errors, series('errors', ...good, counts([40, 1_000]))).kind).toBe('fail');
  });

  it('on a late regression of a quiet service, whose single intervals are no sample', () => {
    const good = Array(200).fill(counts([0, 30]));
    const bad = Array(7).fill(counts([3, 30]));
    expect(verdictOf(errors, series('errors', ...good, ...bad)).kind).toBe('fail');
  });

  it('by a guard', () => {
    const judge = createJudge(spec({ slow: { maxRatio: 2 }, errors: { role: 'guard', maxRate: 0.01 } }));
    const intervals = [interval(1, { slow: counts([1, 300], [10, 1_000]), errors: counts([30, 300]) })];
    expect(verdictOf(judge, intervals)).toMatchObject({ kind: 'fail', metric: 'errors' });
  });
});

describe('a stage is held', () => {
  it.each([
    ['before the first interval', errors, [], /no interval was measured/],
    ['after one bad request in few', errors, series('errors', counts([1, 2])), /2 of the 100 gray requests/],
    [
      'after one bad gray request in a sample, relative to none',
      worse,
      series('slow', counts([1, 50], [0, 1_000])),
      /50 of the 100 gray/,
    ],
    [
      'without a stable sample to compare with',
      worse,
      series('slow', counts([0, 300], [0, 12])),
      /12 of the 100 stable requests/,
    ],
    [
      'while the metric is unusable',
      errors,
      series('errors', counts([0, 300]), { unusable: 'pay-1 is away' }),
      /errors: pay-1 is away/,
    ],
    [
      'when the interval lacks the metric',
      errors,
      series('latency', counts([0, 300])),
      /errors: .*does not know this metric/,
    ],
    ['on NaN', errors, series('errors', odd({ bad: Number.NaN, total: 300 })), /no counts/],
    ['on a negative count', errors, series('errors', odd({ bad: -1, total: 300 })), /no counts/],
    ['on infinity', errors, series('errors', odd({ bad: 0, total: Number.POSITIVE_INFINITY })), /no counts/],
    ['on more bad requests than requests', errors, series('errors', odd({ bad: 301, total: 300 })), /no counts/],
    ['on counts that are text', errors, series('errors', odd({ bad: '0', total: '300' })), /no counts/],
    ['on null', errors, series('errors', odd(null)), /no counts/],
  ] as const)('%s', (_, judge, intervals, reason) => {
    const verdict = verdictOf(judge, intervals);
    expect(verdict.kind).toBe('inconclusive');
    expect(verdict.reason).toMatch(reason);
  });

  it('on data older than staleMs, and says how old', () => {
    const fold = foldAll(errors, series('errors', counts([0, 300])));
    expect(errors.decide(fold, asked(fold, { nowMs: fold.upToMs + 30_000 })).kind).toBe('pass');
    const verdict = errors.decide(fold, asked(fold, { nowMs: fold.upToMs + 31_000 }));
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('31 s old') });
  });

  it('on data from the future, and without a clock', () => {
    const fold = foldAll(errors, series('errors', counts([0, 300])));
    expect(errors.decide(fold, asked(fold, { nowMs: fold.upToMs - 31_000 })).reason).toMatch(/in the future/);
    expect(errors.decide(fold, asked(fold, { nowMs: Number.NaN })).kind).toBe('inconclusive');
  });

  it('when gray traffic dried up after a good sample', () => {
    const verdict = verdictOf(errors, series('errors', counts([0, 300]), ...Array(5).fill(counts([0, 0]))));
    expect(verdict).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('no gray request since') });
  });

  it('when nothing is required', () => {
    const judge = createJudge(spec({ errors: { role: 'guard', maxRate: 0.01 } }));
    expect(verdictOf(judge, series('errors', counts([0, 300]))).kind).toBe('inconclusive');
    expect(verdictOf(createJudge(spec({})), series('errors', counts([0, 300]))).kind).toBe('inconclusive');
  });

  it('where a sample of zero was asked for', () => {
    const judge = createJudge(spec({ errors: { maxRate: 0.01, minSample: 0 } }));
    expect(verdictOf(judge, series('errors', counts([0, 0]))).kind).toBe('inconclusive');
  });
});

it('a guard that cannot be judged does not hold a stage, but is named', () => {
  const judge = createJudge(spec({ slow: { maxRatio: 2 }, errors: { role: 'guard', maxRate: 0.01 } }));
  const intervals = [interval(1, { slow: counts([3, 300], [10, 1_000]), errors: { unusable: 'pay-1 is away' } })];
  const verdict = verdictOf(judge, intervals);
  expect(verdict.kind).toBe('pass');
  expect(verdict.reason).toContain('guard errors not judged: pay-1 is away');
});

it('a single bad gray request never breaks a relative rule', () => {
  expect(verdictOf(worse, series('slow', counts([1, 100], [0, 9_000]))).kind).toBe('pass');
});

describe('where only absolute rules hold', () => {
  it('a relative breach does not fail, also one from before', () => {
    const verdict = verdictOf(both, series('errors', counts([12, 300], [10, 1_000])), { rules: 'absolute' });
    expect(verdict).toMatchObject({ kind: 'pass', reason: expect.stringContaining('does not apply now') });
  });

  it('an absolute breach does', () => {
    expect(verdictOf(both, series('errors', counts([60, 300])), { rules: 'absolute' }).kind).toBe('fail');
  });

  it('nobody on stable is no obstacle', () => {
    expect(verdictOf(both, series('errors', counts([0, 300], [0, 0])), { rules: 'absolute' }).kind).toBe('pass');
  });
});

it('the evidence is the whole fold, metric by metric', () => {
  const verdict = verdictOf(errors, series('errors', counts([1, 300]), counts([0, 300], [7, 500])));
  expect(verdict.evidence).toEqual([
    {
      metric: 'errors',
      role: 'required',
      kind: 'pass',
      reason: '1 of 600 gray requests (0.2 %), within 1.0 %',
      gray: { bad: 1, total: 600 },
      stable: { bad: 7, total: 1_500 },
    },
  ]);
  expect(verdict.untilMs).toBe(1_020_000);
});
