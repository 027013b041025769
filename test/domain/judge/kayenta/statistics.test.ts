/** The arithmetic of the Kayenta judge against R, SciPy and NumPy (oracle.py), and what holds for any samples. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../../src/domain/judge/kayenta/classify.ts';
import { cles, meanRatio } from '../../../../src/domain/judge/kayenta/effect.ts';
import { noisy } from '../../../../src/domain/judge/kayenta/noise.ts';
import { percentile, prepared, withoutOutliers } from '../../../../src/domain/judge/kayenta/prepare.ts';
import { ranked, sorted } from '../../../../src/domain/judge/kayenta/ranks.ts';
import { shiftOf, standardised } from '../../../../src/domain/judge/kayenta/shift.ts';
import oracle from './oracle.json' with { type: 'json' };
import { rule } from './samples.ts';

const quantiles: Readonly<Record<number, number>> = { 0.95: 1.959963984540054, 0.98: 2.3263478740408408 };
const near = (value: number) => expect.closeTo(value, 9);

describe('R, SciPy and NumPy agree on', () => {
  it.each(oracle.test)('$name', ({ gray, stable, level, ...known }) => {
    const z = quantiles[level] ?? Number.NaN;
    expect(shiftOf(gray, stable, z)).toEqual({
      low: near(known.low),
      high: near(known.high),
      estimate: near(known.shift),
    });
    expect(standardised(sorted(gray), sorted(stable), 0)).toBeCloseTo(known.standardised, 9);
    expect(cles(gray, stable)).toBeCloseTo(known.cles, 12);
    expect(meanRatio(gray, stable)).toEqual(known.meanRatio === null ? Number.NaN : near(known.meanRatio));
    expect(classify(rule, { gray, stable }, [], { tolerance: 0.25, z }).label).toBe(known.label);
  });

  it.each(oracle.outliers)('the outliers of $values.length values, factor $factor', ({ values, factor, ...known }) => {
    const found = [1, 25, 75, 99].map((percent) => percentile(values, percent));
    for (const [at, value] of known.percentiles.entries()) expect(found[at]).toBeCloseTo(value, 12);
    expect(withoutOutliers(values, factor)).toEqual(known.kept);
  });
});

it('the digits quoted in spinnaker#6278', () => {
  const { low, high, estimate } = shiftOf([...Array(7).fill(100), 1, 1, 1], Array(10).fill(1), 2.3263478740408408);
  expect([low, high, estimate]).toEqual([expect.closeTo(6.825022991538781e-5, 15), 99, 98.99992904170193]);
});

const values = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 30 });
const sevenths = fc.array(
  fc.integer({ min: 0, max: 5_000 }).map((value) => value / 7),
  { minLength: 2, maxLength: 30 },
);

it('the ranks of two samples are those of counting, pair by pair', () => {
  fc.assert(
    fc.property(values, values, fc.integer({ min: -5, max: 5 }), (x, y, shift) => {
      const all = [...x.map((value) => value - shift), ...y];
      const rank = (value: number) => {
        const equal = all.filter((other) => other === value).length;
        return all.filter((other) => other < value).length + (equal + 1) / 2;
      };
      const { sum, ties } = ranked(sorted(x), sorted(y), shift);
      expect(sum).toBe(x.reduce((total, value) => total + rank(value - shift), 0));
      const groups = [...new Set(all)].map((value) => all.filter((other) => other === value).length);
      expect(ties).toBe(groups.reduce((total, size) => total + size ** 3 - size, 0));
    }),
  );
});

it('the interval holds the shift, within the tolerance of the search', () => {
  fc.assert(
    fc.property(sevenths, sevenths, (x, y) => {
      fc.pre(new Set(x).size > 1);
      const { low, high, estimate } = shiftOf(x, y, 2.3263478740408408);
      expect(low - estimate).toBeLessThanOrEqual(2e-4);
      expect(estimate - high).toBeLessThanOrEqual(2e-4);
    }),
  );
});

it('arms far apart are high one way round and low the other', () => {
  const far = (from: number) => fc.array(fc.integer({ min: from, max: from + 100 }), { minLength: 8, maxLength: 40 });
  const labelOf = (gray: readonly number[], stable: readonly number[]) => classify(rule, { gray, stable }, []).label;
  fc.assert(
    fc.property(far(1), far(1_000), (x, y) => {
      expect([labelOf(x, y), labelOf(y, x)]).toEqual(['Low', 'High']);
    }),
  );
});

it('no values, however odd, break more than the one test', () => {
  const odd = fc.array(fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0)), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(odd, odd, (gray, stable) => {
      expect(['Pass', 'High', 'Low', 'Nodata', 'Error']).toContain(classify(rule, { gray, stable }, []).label);
    }),
  );
});

it('the same data get the same noise: two arms, two draws, an arm of zeros none', () => {
  expect(noisy([5, 5, 5], 'gray')).toEqual(noisy([5, 5, 5], 'gray'));
  expect(noisy([5, 5, 5], 'gray')).not.toEqual(noisy([5, 5, 5], 'stable'));
  expect(noisy([0, 0], 'gray')).toEqual([0, 0]);
  const many = noisy(Array(4_000).fill(1), 'gray').map((value) => (value - 1) * 1e5);
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length;
  expect(Math.abs(mean)).toBeLessThan(0.06);
  expect(many.reduce((sum, value) => sum + value ** 2, 0) / many.length).toBeCloseTo(1, 1);
});

it('NaN is left out or 0, before outliers are looked for', () => {
  expect(prepared([1, Number.NaN, 2], 'remove', 'keep')).toEqual([1, 2]);
  expect(prepared([1, Number.NaN, 2], 'replace', 'keep')).toEqual([1, 0, 2]);
  expect(prepared([...Array(120).fill(5), Number.NaN, 90], 'remove', 3)).toEqual(Array(120).fill(5));
  expect(prepared([Number.NaN], 'remove', 3)).toEqual([]);
});
