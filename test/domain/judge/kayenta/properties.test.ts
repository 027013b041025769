/** What holds for the Kayenta judge whatever the data and the settings. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unbreakable } from '../../../../src/domain/judge/index.ts';
import { kayentaJudge } from '../../../../src/domain/judge/kayenta/index.ts';
import { failOpenCases } from '../../../../src/domain/judge/kayenta/spec.ts';
import type { Interval, MetricReading } from '../../../../src/domain/verdict.ts';
import { asked, counts, foldAll, interval, stepMs, verdictOf } from '../samples.ts';
import { spec } from './samples.ts';

const settings = fc.record({
  missing: fc.constantFrom('holds' as const, 'fails' as const),
  failOpen: fc.subarray([...failOpenCases]),
  minPoints: fc.constantFrom(1, 2, 4),
  lookback: fc.constantFrom(5, 100),
  everyMs: fc.constantFrom(1, stepMs, 3 * stepMs),
});
const rule = fc.record({
  critical: fc.boolean(),
  mustHaveData: fc.boolean(),
  nanStrategy: fc.constantFrom('remove' as const, 'replace' as const),
  outliers: fc.constantFrom('keep' as const, 3),
  direction: fc.constantFrom('increase' as const, 'decrease' as const, 'either' as const),
});
const judges = fc
  .tuple(settings, rule, rule)
  .map(([own, errors, slow]) => unbreakable(kayentaJudge(spec({ errors, slow: { ...slow, role: 'guard' } }, own))));

const armOf = (most: number) =>
  fc.nat(most).chain((total) => fc.nat(total).map((bad): [number, number] => [bad, total]));
const sound = fc.tuple(armOf(40), armOf(400)).map(([gray, stable]) => counts(gray, stable));
const useless: fc.Arbitrary<MetricReading | undefined> = fc.oneof(
  fc.string().map((unusable) => ({ unusable })),
  fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY).map((total) => counts([0, total])),
  armOf(400).map((stable) => counts([0, 0], stable)),
  fc.constant(undefined),
);
const history = (reading: fc.Arbitrary<MetricReading | undefined>): fc.Arbitrary<Interval[]> =>
  fc
    .array(fc.tuple(reading, reading), { maxLength: 25 })
    .map((list) =>
      list.map(([errors, slow], n) => interval(n + 1, { ...(errors && { errors }), ...(slow && { slow }) })),
    );
const anyHistory = history(fc.oneof({ weight: 5, arbitrary: sound }, { weight: 1, arbitrary: useless }));

it('without a gray request nothing ever passes, whatever may fail open', () => {
  fc.assert(
    fc.property(judges, history(useless), (judge, intervals) => {
      expect(verdictOf(judge, intervals).kind).not.toBe('pass');
      expect(verdictOf(judge, intervals, { rules: 'absolute' }).kind).not.toBe('pass');
    }),
  );
});

it('a fail stays a fail, also in the next stage', () => {
  fc.assert(
    fc.property(judges, anyHistory, (judge, intervals) => {
      let fold = judge.start();
      let failed = false;
      for (const next of intervals) {
        fold = judge.fold(fold, next);
        const { kind } = judge.decide(fold, asked(fold));
        if (failed) expect(kind).toBe('fail');
        failed ||= kind === 'fail';
      }
      const later = judge.nextStage(fold);
      expect(judge.decide(later, asked(later)).kind).toBe(failed ? 'fail' : 'inconclusive');
    }),
  );
});

it('intervals seen twice, late, out of order or overlapping change nothing', () => {
  const nuisance = fc.array(fc.tuple(fc.nat(24), fc.nat(stepMs - 1)), { maxLength: 10 });
  fc.assert(
    fc.property(judges, anyHistory, nuisance, (judge, intervals, disturbances) => {
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

it('a fold carried as JSON in the middle gives the same fold', () => {
  fc.assert(
    fc.property(judges, anyHistory, fc.nat(25), (judge, intervals, cut) => {
      const half = JSON.parse(JSON.stringify(foldAll(judge, intervals.slice(0, cut))));
      expect(foldAll(judge, intervals.slice(cut), half)).toEqual(foldAll(judge, intervals));
    }),
  );
});

it('a later stage is judged by its own intervals alone', () => {
  fc.assert(
    fc.property(judges, anyHistory, anyHistory, (judge, before, after) => {
      const first = foldAll(judge, before);
      fc.pre(after.length > 0 && judge.decide(first, asked(first)).kind !== 'fail');
      const shifted = after.map((one, n) => interval(before.length + n + 1, one.metrics));
      const fold = foldAll(judge, shifted, judge.nextStage(first));
      const alone = foldAll(judge, shifted, judge.nextStage(judge.start()));
      expect(fold).toEqual({ ...alone, upToMs: fold.upToMs });
    }),
  );
});

it('the fold does not grow beyond its window, however long a stage and however large the window', () => {
  const judge = kayentaJudge(spec({ errors: {} }, { lookback: 240, everyMs: 3_600_000 }));
  const huge = kayentaJudge(spec({ errors: {} }, { lookback: 1e9, everyMs: 3_600_000_000 }));
  const long = Array.from({ length: 1_500 }, (_, n) => interval(n + 1, { errors: counts([n % 7, 123], [n, 12_345]) }));
  expect(JSON.stringify(foldAll(judge, long)).length).toBeLessThan(6_000);
  expect(JSON.stringify(foldAll(huge, long)).length).toBeLessThan(25_000);
});

it('a damaged memory is an error, never a pass', () => {
  const judge = unbreakable(kayentaJudge(spec({ errors: {} })));
  for (const memory of [
    { metrics: { errors: { points: [[1, 2]] } } },
    { metrics: 7 },
    { dueMs: 'soon' },
    { failed: 1 },
  ]) {
    const fold = { upToMs: 1_000_000, memory };
    expect(judge.decide(fold, asked(fold)).kind).toBe('error');
    const next = judge.fold(fold, interval(1, { errors: counts([0, 300]) }));
    expect(judge.decide(next, asked(next)).kind).toBe('error');
  }
});

it('an analysis of five metrics over 240 intervals takes no time worth naming', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const judge = kayentaJudge(
    spec(Object.fromEntries(names.map((name) => [name, {}])), { lookback: 240, everyMs: 1e6 }),
  );
  const reading = (n: number, at: number) => counts([(n * 7 + at) % 11, 1_000], [(n * 5 + at) % 11, 1_000]);
  const all = Array.from({ length: 240 }, (_, n) =>
    interval(n + 1, Object.fromEntries(names.map((name, at) => [name, reading(n, at)]))),
  );
  const begun = performance.now();
  foldAll(judge, all);
  expect(performance.now() - begun).toBeLessThan(2_000);
});
