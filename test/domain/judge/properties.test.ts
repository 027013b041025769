/** What holds for the judge whatever the data: fast-check looks for a counter-example. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createJudge, unbreakable } from '../../../src/domain/judge/index.ts';
import type { Interval, Judge, MetricReading } from '../../../src/domain/verdict.ts';
import { asked, counts, foldAll, interval, series, spec, stepMs, verdictOf } from './samples.ts';

const judge = createJudge(
  spec({ errors: { maxRate: 0.05, maxRatio: 3 }, slow: { role: 'guard', maxRatio: 2, minSample: 50 } }),
);
const rules = fc.constantFrom('all' as const, 'absolute' as const);

const armOf = (most: number) =>
  fc.nat(most).chain((total) => fc.nat(total).map((bad): [number, number] => [bad, total]));
const soundReading = fc.tuple(armOf(400), armOf(4_000)).map(([gray, stable]) => counts(gray, stable));
const noNumber = fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, -1, '7', null, undefined, {});
const uselessReading: fc.Arbitrary<MetricReading | undefined> = fc.oneof(
  fc.string().map((unusable) => ({ unusable })),
  noNumber.map((total) => ({ counts: { gray: { total, bad: 0 }, stable: { total: 9, bad: 0 } } }) as MetricReading),
  fc.constant(counts([0, 0], [0, 0])),
  fc.constant(undefined),
);
const record = (errors: MetricReading | undefined, slow: MetricReading | undefined) => ({
  ...(errors && { errors }),
  ...(slow && { slow }),
});
const history = (reading: fc.Arbitrary<MetricReading | undefined>): fc.Arbitrary<Interval[]> =>
  fc
    .array(fc.tuple(reading, reading), { maxLength: 25 })
    .map((list) => list.map(([errors, slow], index) => interval(index + 1, record(errors, slow))));
const anyHistory = history(fc.oneof({ weight: 4, arbitrary: soundReading }, { weight: 1, arbitrary: uselessReading }));

it('no sequence of empty or unusable intervals ever passes', () => {
  fc.assert(
    fc.property(history(uselessReading), rules, (intervals, which) => {
      expect(verdictOf(judge, intervals, { rules: which }).kind).toBe('inconclusive');
    }),
  );
});

it('a fail stays a fail', () => {
  fc.assert(
    fc.property(anyHistory, rules, (intervals, which) => {
      let fold = judge.start();
      let failed = false;
      for (const next of intervals) {
        fold = judge.fold(fold, next);
        const { kind } = judge.decide(fold, asked(fold, { rules: which }));
        if (failed) expect(kind).toBe('fail');
        failed ||= kind === 'fail';
      }
    }),
  );
});

it('intervals seen twice, late, out of order or overlapping change nothing', () => {
  const nuisance = fc.array(fc.tuple(fc.nat(24), fc.nat(stepMs - 1)), { maxLength: 10 });
  fc.assert(
    fc.property(anyHistory, nuisance, (intervals, disturbances) => {
      let fold = judge.start();
      for (const [index, next] of intervals.entries()) {
        fold = judge.fold(fold, next);
        for (const [at, shiftMs] of disturbances) {
          const old = intervals[at % (index + 1)];
          if (old) fold = judge.fold(fold, { ...old, toMs: old.toMs + shiftMs });
        }
      }
      expect(fold).toEqual(foldAll(judge, intervals));
    }),
  );
});

it('passing needs a sample within the limit, with every number recomputed from the intervals', () => {
  fc.assert(
    fc.property(anyHistory, (intervals) => {
      const verdict = verdictOf(judge, intervals);
      const [errors] = verdict.evidence;
      const sum = total(intervals, 'errors');
      expect(errors?.gray).toEqual(sum);
      if (verdict.kind !== 'pass') return;
      expect(sum.total).toBeGreaterThanOrEqual(100);
      expect(sum.bad).toBeLessThanOrEqual(sum.total * 0.05);
    }),
  );
});

it('the fold is plain JSON and does not grow', () => {
  const long = Array.from({ length: 3_000 }, (_, n) =>
    interval(n + 1, { errors: counts([0, 9]), slow: { unusable: 'x'.repeat(5_000) } }),
  );
  const fold = foldAll(judge, long);
  expect(JSON.parse(JSON.stringify(fold))).toEqual(fold);
  expect(JSON.stringify(fold).length).toBeLessThan(2_000);
});

it('a fold carried as JSON in the middle gives the same verdict', () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(25), (intervals, cut) => {
      const half = JSON.parse(JSON.stringify(foldAll(judge, intervals.slice(0, cut))));
      expect(foldAll(judge, intervals.slice(cut), half)).toEqual(foldAll(judge, intervals));
    }),
  );
});

it('a stage never passes on the intervals of the one before it, and a fail goes along', () => {
  fc.assert(
    fc.property(anyHistory, (intervals) => {
      const before = foldAll(judge, intervals);
      const failed = judge.decide(before, asked(before)).kind === 'fail';
      const fold = foldAll(judge, intervals, judge.nextStage(before));
      expect(judge.decide(fold, asked(fold)).kind).toBe(failed ? 'fail' : 'inconclusive');
    }),
  );
});

it('a judge that throws says error, never pass, and a fail still beats it', () => {
  const fragile: Judge = {
    ...judge,
    fold: (fold, next) => {
      if ('bomb' in next.metrics) throw new Error('division by cucumber');
      return judge.fold(fold, next);
    },
  };
  const bomb = interval(2, { bomb: counts([0, 0]) });
  const good = { errors: counts([0, 300]) };
  const bad = { errors: counts([200, 300]) };
  const seen = (...intervals: Interval[]) => verdictOf(unbreakable(fragile), intervals);
  expect(seen(interval(1, good), bomb, interval(3, good))).toMatchObject({
    kind: 'error',
    reason: 'the judge broke: division by cucumber',
  });
  expect(seen(interval(1, good), bomb, interval(3, bad)).kind).toBe('fail');
  const wrapped = unbreakable(fragile);
  const next = foldAll(wrapped, [interval(3, good)], wrapped.nextStage(foldAll(wrapped, [bomb])));
  expect(wrapped.decide(next, asked(next)).kind).toBe('pass');
});

it('a damaged memory is an error, never a pass', () => {
  const fold = { upToMs: 1_000_000, memory: { errors: { all: 'much' } } };
  expect(judge.decide(fold, asked(fold)).kind).toBe('error');
  const next = judge.fold(fold, interval(1, { errors: counts([0, 300]) }));
  expect(judge.decide(next, asked(next)).kind).toBe('error');
});

it('ten thousand intervals of two metrics take no time worth naming', () => {
  const begun = performance.now();
  foldAll(judge, series('errors', ...Array(10_000).fill(counts([0, 10]))));
  expect(performance.now() - begun).toBeLessThan(5_000);
});

function total(intervals: readonly Interval[], metric: string) {
  const sum = { total: 0, bad: 0 };
  for (const { metrics } of intervals) {
    const reading = metrics[metric];
    if (!reading || !('counts' in reading)) continue;
    const { total, bad } = reading.counts.gray;
    if (![total, bad].every((count) => Number.isFinite(count) && count >= 0)) continue;
    sum.total += total;
    sum.bad += bad;
  }
  return sum;
}
