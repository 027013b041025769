import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../../../src/domain/judge/sequential/e-process.ts';
import {
  lnMixture,
  type Mixture,
  mixed,
  noMixture,
  withSteps,
} from '../../../../src/domain/judge/sequential/mixture.ts';

const minuteMs = 60_000;
const startMs = 1_700_000_000_000;
const none = mixed.map(() => 0);

/** What every pair of counts does to the evidence, with its chance. Gray is as bad as `part`, stable likewise. */
function outcomes(gray: number, stable: number, part: number) {
  const chance = (bad: number, total: number): number => ways(total, bad) * part ** bad * (1 - part) ** (total - bad);
  return upTo(gray).flatMap((grayBad) =>
    upTo(stable).map((stableBad) => ({
      chance: chance(grayBad, gray) * chance(stableBad, stable),
      steps: stepsOf({ gray: { total: gray, bad: grayBad }, stable: { total: stable, bad: stableBad } }, mixed, 1, 1),
    })),
  );
}

const upTo = (most: number): readonly number[] => Array.from({ length: most + 1 }, (_, count) => count);
const ways = (total: number, of: number): number => (of === 0 ? 1 : (ways(total - 1, of - 1) * total) / of);

/** The expectation of E after the intervals that begin at `minutes`, by all their outcomes. */
function expectation(mixture: Mixture, minutes: readonly number[], gray: number, stable: number): number {
  const [minute, ...rest] = minutes;
  if (minute === undefined) return Math.exp(lnMixture(mixture));
  return outcomes(gray, stable, 0.01 + minute / 4_000).reduce(
    (sum, { chance, steps }) =>
      sum + chance * expectation(withSteps(mixture, startMs + minute * minuteMs, steps), rest, gray, stable),
    0,
  );
}

describe('evidence mixed over the beginning', () => {
  it.each([
    ['a small gray', 1, 3],
    ['halves', 2, 2],
    ['a large gray', 3, 1],
  ])('has an expectation of at most 1 for a gray that is not worse, while the rate drifts: %s', (_, gray, stable) => {
    const found = expectation(noMixture, [0, 7, 40], gray, stable);
    expect(found).toBeLessThanOrEqual(1 + 1e-12);
    expect(found).toBeGreaterThan(0.97);
  });

  it('is none where nothing is said, however long', () => {
    const silent = [0, 1, 30, 10_000].reduce(
      (one, minute) => withSteps(one, startMs + minute * minuteMs, none),
      noMixture,
    );
    expect(lnMixture(silent)).toBeCloseTo(0, 12);
    expect(lnMixture(withSteps(noMixture, startMs, null))).toBeCloseTo(0, 12);
  });

  it('sees a regression that begins after hours of good evidence', () => {
    const good = mixed.map((ratio) => -0.1 * (ratio - 1));
    const bad = mixed.map((ratio) => 3 * Math.log(ratio) - 0.5 * (ratio - 1));
    const minutes = (count: number, from: number, steps: readonly number[], one: Mixture) =>
      upTo(count - 1).reduce((sum, at) => withSteps(sum, startMs + (from + at) * minuteMs, steps), one);
    const before = minutes(600, 0, good, noMixture);
    expect(lnMixture(minutes(8, 600, bad, before))).toBeGreaterThan(Math.log(100));
    expect(lnMixture(before)).toBeLessThan(0);
  });

  it('survives huge counts and plain JSON', () => {
    const huge = 2 ** 53;
    const counts = { gray: { total: huge / 4, bad: huge / 8 }, stable: { total: huge / 4, bad: huge / 8 } };
    const one = withSteps(noMixture, startMs, stepsOf(counts, mixed, 1, 1));
    const carried: Mixture = JSON.parse(JSON.stringify(one));
    const next = withSteps(carried, startMs + minuteMs, none);
    expect(Number.isFinite(lnMixture(next)) && next.sums.every(Number.isFinite)).toBe(true);
  });
});
