/** Kayenta's own ways where ours are safer, and when an analysis comes. */
import { describe, expect, it } from 'vitest';
import { counts, foldAll, interval, series, startMs, stepMs, verdictOf } from '../samples.ts';
import { bad, critical, errors, good, judgeOf, readings, verdict } from './judged.ts';

describe("Kayenta's own ways can be had", () => {
  const without = series('errors', ...good);
  const two = { errors: {}, slow: { role: 'guard', critical: true } } as const;

  it('missing data of a critical metric fails the release', () => {
    expect(verdict(two, without, { missing: 'fails' })).toMatchObject({ kind: 'fail', metric: 'slow' });
  });

  it('missing data of half of the metrics fails it', () => {
    const found = verdict({ errors: {}, slow: { role: 'guard' } }, without, { missing: 'fails' });
    expect(found).toMatchObject({ kind: 'fail', reason: '1 of 2 metrics have no data' });
  });

  it('missing data of a metric that must have some lowers the score', () => {
    const metrics = { errors: {}, slow: { role: 'guard', mustHaveData: true } } as const;
    const found = verdict(metrics, without, { missing: 'fails' });
    expect(found).toMatchObject({ kind: 'fail', metric: 'slow', reason: expect.stringContaining('score 50') });
  });

  it('an empty stable arm passes, a gray arm without requests never', () => {
    const metrics = { errors: { critical: true, nanStrategy: 'replace' } } as const;
    const settings = { failOpen: ['empty-arm-passes'] } as const;
    const noStable = series('errors', ...Array(8).fill(counts([0, 9], [0, 0])));
    const noGray = series('errors', ...Array(8).fill(counts([0, 0])));
    expect(verdict(metrics, noStable).kind).toBe('inconclusive');
    expect(verdict(metrics, noStable, settings).kind).toBe('pass');
    expect(verdict(metrics, noGray, settings).kind).toBe('inconclusive');
  });

  it('a group without a judged metric scores 100', () => {
    const metrics = {
      errors: { groups: ['a'] },
      late: { groups: ['a'] },
      slow: { groups: ['b'], role: 'guard' },
    } as const;
    const intervals = good.map((reading, n) => interval(n + 1, { errors: reading, late: bad[n] ?? reading }));
    const score = { pass: 70, marginal: 10 };
    expect(verdict(metrics, intervals, { score })).toMatchObject({ kind: 'inconclusive' });
    expect(verdict(metrics, intervals, { score, failOpen: ['empty-group-is-100'] })).toMatchObject({ kind: 'pass' });
  });
});

describe('an analysis', () => {
  it('comes only when it is due: a bad start is seen at the first one', () => {
    const patient = judgeOf({ errors: { critical: true } }, { everyMs: 5 * stepMs });
    expect(verdictOf(patient, series('errors', ...bad.slice(0, 4))).kind).toBe('inconclusive');
    expect(verdictOf(patient, series('errors', ...bad.slice(0, 5))).kind).toBe('fail');
  });

  it('keeps its step after a gap', () => {
    const late = interval(24, { errors: good[0] ?? counts([0, 1]) });
    const fold = foldAll(errors, [...series('errors', ...good), late]);
    expect(fold.memory.dueMs).toBe(startMs + 26 * stepMs - stepMs * ((26 - 0) % 2));
  });

  it('looks at the newest intervals only, and says what was dropped', () => {
    const short = judgeOf({ errors: {} }, { lookback: 6, score: { pass: 95, marginal: 0 }, everyMs: 8 * stepMs });
    const { reason } = verdictOf(short, series('errors', ...readings(8, 10)));
    expect(reason).toContain('6 intervals, 2 older dropped');
  });

  it('does not see a fault in a minority of the intervals, as Kayenta does not', () => {
    const minority = Array.from({ length: 10 }, (_, n) => counts([n < 7 ? 100 : 1, 1_000], [1, 1_000]));
    expect(verdictOf(critical, series('errors', ...minority)).kind).toBe('fail');
    const once = judgeOf({ errors: { critical: true, scale: 1_000 } }, { everyMs: 10 * stepMs });
    expect(verdictOf(once, series('errors', ...minority)).kind).toBe('pass');
  });
});
