import { describe, expect, it } from 'vitest';
import type { MetricReading } from '../../../../src/domain/verdict.ts';
import { asked, counts, foldAll, interval, series, stepMs, verdictOf } from '../samples.ts';
import { bad, errors, good, judgeOf, readings, verdict } from './judged.ts';

const both = (one: readonly MetricReading[], other: readonly MetricReading[]) =>
  one.map((errors, n) => interval(n + 1, { errors, ...(other[n] && { slow: other[n] }) }));
/** Two metrics of the three that are asked for. */
const twice = good.map((reading, n) => interval(n + 1, { errors: reading, late: reading }));

describe('a stage passes', () => {
  it('when gray is not off, and says by which numbers', () => {
    const { kind, reason, evidence } = verdictOf(errors, series('errors', ...good));
    expect(kind).toBe('pass');
    expect(reason).toMatch(/^score 100 of the 95 a pass needs; errors: Pass: gray is off by .*98 % sure.*8 intervals$/);
    expect(evidence[0]).toMatchObject({ kind: 'pass', gray: { total: 8_000 }, stable: { total: 8_000 } });
  });

  it('where it is better, and only an increase is bad', () => {
    expect(verdictOf(errors, series('errors', ...readings(8, 1))).kind).toBe('pass');
  });

  it('never on an analysis that has not seen the newest intervals', () => {
    const daily = judgeOf({ errors: {} }, { everyMs: 8 * stepMs, lookback: 8 });
    expect(verdictOf(daily, series('errors', ...good)).kind).toBe('pass');
    expect(verdictOf(daily, series('errors', ...good, ...bad.slice(0, 7))).kind).not.toBe('pass');
  });

  it('with one high metric of many, where the score allows it', () => {
    const metrics = { errors: {}, slow: {} };
    const intervals = both(good, bad);
    const allowing = verdict(metrics, intervals, { score: { pass: 50, marginal: 25 } });
    expect(allowing).toMatchObject({ kind: 'pass', reason: expect.stringContaining('score 50 of the 50') });
    expect(allowing.evidence.map(({ kind }) => kind)).toEqual(['pass', 'fail']);
    expect(verdict(metrics, intervals, { score: { pass: 95, marginal: 25 } }).kind).toBe('inconclusive');
    expect(verdict(metrics, intervals, { score: { pass: 95, marginal: 50 } }).kind).toBe('fail');
  });

  it('whatever a muted metric does', () => {
    const found = verdict({ errors: {}, slow: { muted: true, critical: true, role: 'guard' } }, both(good, bad));
    expect(found).toMatchObject({ kind: 'pass', reason: expect.stringContaining('slow: muted: High') });
  });

  it('with a muted guard that has no data, be it critical', () => {
    const muted = { muted: true, critical: true, mustHaveData: true, role: 'guard' } as const;
    expect(verdict({ errors: {}, slow: muted }, series('errors', ...good)).kind).toBe('pass');
  });

  it('with a guard that has no data', () => {
    const found = verdict({ errors: {}, late: {}, slow: { role: 'guard' } }, twice);
    expect(found).toMatchObject({ kind: 'pass', reason: expect.stringContaining('guard slow not judged') });
  });
});

describe('a stage fails', () => {
  it('when the score is not above marginal, and the worst metric is named', () => {
    const found = verdictOf(errors, series('errors', ...bad));
    expect(found).toMatchObject({ kind: 'fail', metric: 'errors' });
    expect(found.reason).toMatch(
      /^errors: score 0, not above 75; errors: High: gray is off by 2.9 % \(98 % sure: 2.8 % to 3.0 %\)/,
    );
  });

  it('by a critical metric, whatever the score', () => {
    const found = verdict({ slow: {}, errors: { critical: true } }, both(bad, good), {
      score: { pass: 2, marginal: 1 },
    });
    expect(found).toMatchObject({ kind: 'fail', metric: 'errors', reason: expect.stringContaining('(critical)') });
  });

  it('for good, also on stale data, in the next stage and after good intervals', () => {
    const fold = foldAll(errors, series('errors', ...bad));
    expect(errors.decide(fold, asked(fold, { nowMs: 9e12 })).kind).toBe('fail');
    const next = foldAll(errors, [interval(20, { errors: counts([0, 10]) })], errors.nextStage(fold));
    expect(errors.decide(next, asked(next)).kind).toBe('fail');
    expect(verdictOf(errors, series('errors', ...bad, ...good, ...good)).kind).toBe('fail');
  });

  it('by its absolute limit at once, also in the watch', () => {
    const limited = judgeOf({ errors: { maxRate: 0.02, minSample: 500 } });
    const found = verdictOf(limited, series('errors', counts([40, 1_000])));
    expect(found).toMatchObject({ kind: 'fail', metric: 'errors', reason: expect.stringContaining('limit of 2.0 %') });
    expect(verdictOf(limited, series('errors', counts([40, 1_000])), { rules: 'absolute' }).kind).toBe('fail');
  });

  it('by its absolute limit on a late regression that good hours hide, and in the next stage too', () => {
    const limited = judgeOf({ errors: { maxRate: 0.02, minSample: 500 } }, { everyMs: 1e9 });
    const fold = foldAll(limited, series('errors', ...Array(50).fill(counts([0, 1_000])), counts([40, 1_000])));
    expect(limited.decide(fold, asked(fold)).kind).toBe('fail');
    const next = limited.nextStage(fold);
    expect(limited.decide(next, asked(next)).kind).toBe('fail');
  });

  it('on improvement only where a decrease is bad too', () => {
    expect(verdict({ errors: { direction: 'either' } }, series('errors', ...readings(8, 1))).kind).toBe('fail');
  });
});

describe('a stage is held', () => {
  it.each([
    ['before the first interval', errors, [], /no interval was measured/],
    ['before the first analysis', errors, series('errors', ...good.slice(0, 1)), /first analysis is due at/],
    ['while a metric is unusable', errors, series('errors', ...good, { unusable: 'pay-1 is away' }), /pay-1 is away/],
    ['without any reading', errors, series('slow', ...good), /does not know this metric/],
    ['without a gray request', errors, series('errors', ...Array(8).fill(counts([0, 0]))), /no gray request in this/],
    [
      'without a stable request',
      errors,
      series('errors', ...Array(8).fill(counts([0, 9], [0, 0]))),
      /Nodata: no value of the stable/,
    ],
    [
      'when gray traffic dried up',
      errors,
      series('errors', ...good, ...Array(5).fill(counts([0, 0]))),
      /no gray request since/,
    ],
    [
      'with too few values',
      judgeOf({ errors: {} }, { minPoints: 50 }),
      series('errors', ...good),
      /8 gray and 8 stable values of the 50/,
    ],
    [
      'with too few bad values',
      judgeOf({ errors: { critical: true } }, { minPoints: 50 }),
      series('errors', ...bad),
      /values of the 50/,
    ],
    [
      'without data of a critical guard',
      judgeOf({ errors: {}, late: {}, slow: { role: 'guard', critical: true } }),
      twice,
      /guard slow not judged: the metric source does not know/,
    ],
    [
      'without data of a guard that must have some',
      judgeOf({ errors: {}, late: {}, slow: { role: 'guard', mustHaveData: true } }),
      twice,
      /guard slow not judged: the metric source does not know/,
    ],
    [
      'without data of half of the metrics',
      judgeOf({ errors: {}, slow: { role: 'guard' } }),
      series('errors', ...good),
      /1 of 2 metrics were not judged/,
    ],
    [
      'where nothing is required',
      judgeOf({ errors: { role: 'guard' } }),
      series('errors', ...good),
      /no metric is required/,
    ],
    ['where everything is muted', judgeOf({ errors: { muted: true } }), series('errors', ...good), /0 of 0 metrics/],
    ['without metrics', judgeOf({}), series('errors', ...good), /no metric is required/],
  ] as const)('%s', (_, judge, intervals, reason) => {
    const found = verdictOf(judge, intervals);
    expect(found).toMatchObject({ kind: 'inconclusive', reason: expect.stringMatching(reason) });
  });

  it('with too few values of the stable arm alone', () => {
    const half = good.map((reading, n) => (n < 5 ? counts([10 + (n % 3), 1_000], [0, 0]) : reading));
    const found = verdict({ errors: {} }, series('errors', ...half), { minPoints: 4 });
    expect(found).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('8 gray and 3 stable') });
  });

  it('while a test breaks that is critical, also where missing data fail', () => {
    const broken = [interval(1, {}), ...series('errors', ...good).slice(1)].map(({ metrics, ...rest }, n) => ({
      ...rest,
      metrics: {
        ...metrics,
        late: good[n] ?? counts([0, 1]),
        slow: n === 7 ? counts([2, 9], [0, 9]) : counts([0, 0], [0, 0]),
      },
    }));
    const metrics = { errors: {}, late: {}, slow: { role: 'guard', critical: true } } as const;
    for (const missing of ['holds', 'fails'] as const) {
      const judge = judgeOf(metrics, { minPoints: 1, missing, everyMs: 8 * stepMs });
      expect(verdictOf(judge, broken)).toMatchObject({ kind: 'error', metric: 'slow' });
    }
  });

  it('on old data, and on data from the future', () => {
    const fold = foldAll(errors, series('errors', ...good));
    expect(errors.decide(fold, asked(fold, { nowMs: fold.upToMs + 30_001 })).reason).toMatch(/older than the 30 s/);
    expect(errors.decide(fold, asked(fold, { nowMs: fold.upToMs - 31_000 })).reason).toMatch(/in the future/);
    expect(errors.decide(fold, asked(fold, { nowMs: Number.NaN })).kind).not.toBe('pass');
  });

  it('with an error where the test of a required metric breaks, which Kayenta lets pass', () => {
    const single = series('errors', counts([0, 0], [0, 0]), counts([2, 100], [0, 100]));
    const settings = { minPoints: 1 };
    const metrics = { errors: { critical: true } };
    expect(verdict(metrics, single, settings)).toMatchObject({ kind: 'error', metric: 'errors' });
    expect(verdict(metrics, single, { ...settings, failOpen: ['error-vanishes'] }).kind).toBe('inconclusive');
  });

  it('where no stable arm is left and there is no absolute limit', () => {
    const found = verdictOf(errors, series('errors', ...bad), { rules: 'absolute' });
    expect(found).toMatchObject({ kind: 'inconclusive', reason: expect.stringContaining('nothing to compare') });
    const limited = { errors: { maxRate: 0.05, minSample: 100 } };
    expect(verdict(limited, series('errors', ...bad), {}, { rules: 'absolute' }).kind).toBe('pass');
    expect(verdict(limited, series('errors', counts([0, 99])), {}, { rules: 'absolute' }).kind).toBe('inconclusive');
  });
});
