/** Cases of Kayenta's own suites for its classifier and its scorer, and the cases where it fails open. */
import { describe, expect, it } from 'vitest';
import { classify, kayentaTest } from '../../../../src/domain/judge/kayenta/classify.ts';
import { noEffect } from '../../../../src/domain/judge/kayenta/effect.ts';
import { type Scored, scoreOf } from '../../../../src/domain/judge/kayenta/score.ts';
import { failOpenCases, type KayentaRule } from '../../../../src/domain/judge/kayenta/spec.ts';
import { rule } from './samples.ts';

const of = (own: Partial<KayentaRule>, gray: readonly number[], stable: readonly number[], failOpen = [] as const) =>
  classify({ ...rule, ...own }, { gray, stable }, failOpen, { tolerance: 0.1, z: 1.959963984540054 });
const effect = (own: Partial<KayentaRule['effect']>) => ({ effect: { ...rule.effect, ...own } });
const times = (count: number, value: number): number[] => Array(count).fill(value);

const much = [20, 22, 21, 25, 30];
const little = [1, 2.2, 1.1, 2.5, 3];

describe("Kayenta's suite", () => {
  it.each([
    ['gray ten times as high', {}, much, little, 'High'],
    ['the same the other way round', {}, little, much, 'Low'],
    ['high, where only a decrease is bad', { direction: 'decrease' }, much, little, 'Pass'],
    ['low, where only an increase is bad', { direction: 'increase' }, little, much, 'Pass'],
    ['an effect beyond the allowed one', effect({ allowedIncrease: 1.2 }), much, little, 'High'],
    ['an effect below the allowed one', effect({ allowedIncrease: 13 }), much, little, 'Pass'],
    [
      'a low one above the allowed one',
      effect({ allowedDecrease: 0.5 }),
      [10, 12.2, 10.1, 12.5, 23],
      [20, 22, 21, 25, 30],
      'Pass',
    ],
    [
      'cles, all pairs higher',
      effect({ measure: 'cles', allowedIncrease: 0.8, allowedDecrease: 0.2 }),
      much,
      little,
      'High',
    ],
    ['all tied', { direction: 'decrease' }, times(3, 1), times(2, 1), 'Pass'],
    ['identical', {}, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1], 'Pass'],
    ['identical but for a leading zero', { direction: 'decrease' }, [0, 1, 1, 1, 1], times(5, 1), 'Pass'],
    ['one of five tied values is higher', {}, [1, 1, 1, 1, 10], times(5, 1), 'Pass'],
    ['two constant arms', {}, times(5, 10), times(5, 1), 'High'],
    ['two constant arms, stable of zeros', {}, times(5, 10), times(5, 0), 'High'],
    ['two constant arms, gray of zeros', {}, times(5, 0), times(5, 10), 'Low'],
    ['no effect to compute: stable of zeros', effect({ allowedIncrease: 1.2 }), much, times(5, 0), 'High'],
    ['no effect to compute: gray of zeros', effect({ allowedDecrease: 0.8 }), times(5, 0), much, 'Low'],
    ['two arms of zeros', {}, times(5, 0), times(5, 0), 'Pass'],
    ['no gray value', {}, [], little, 'Nodata'],
    ['no gray value but NaN', {}, [Number.NaN, Number.NaN], little, 'Nodata'],
    ['no stable value', {}, little, [], 'Nodata'],
    ['no value of a metric that must have some', { mustHaveData: true }, [], little, 'NodataFail'],
    ['no value of a critical metric that must have some', { mustHaveData: true, critical: true }, [], [], 'Nodata'],
  ] as const)('%s', (_, own, gray, stable, label) => {
    expect(of(own, gray, stable).label).toBe(label);
  });

  it.each([
    ['high', {}, much, little, true],
    ['high beyond the critical effect', effect({ criticalIncrease: 1.2 }), much, little, true],
    ['high below the critical effect', effect({ criticalIncrease: 13 }), much, little, false],
    [
      'low below the critical effect',
      effect({ criticalDecrease: 1 }),
      [2, 2, 2, 2, 3],
      [10, 20.2, 10.1, 20.5, 30],
      true,
    ],
    [
      'low above the critical effect',
      effect({ criticalDecrease: 0.05 }),
      [2, 2, 2, 2, 3],
      [10, 20.2, 10.1, 20.5, 30],
      false,
    ],
    ['neither', effect({ allowedIncrease: 13, criticalIncrease: 15 }), much, little, false],
    ['without data', {}, [], little, true],
  ] as const)('a critical metric that is %s', (_, own, gray, stable, critical) => {
    expect(of({ critical: true, ...own }, gray, stable).critical).toBe(critical);
    expect(of(own, gray, stable).critical).toBe(false);
  });
});

it('no effect is 1 in means and ½ in pairs', () => {
  expect(noEffect).toEqual({ meanRatio: 1, cles: 0.5 });
  expect(kayentaTest.tolerance).toBe(0.25);
});

describe('where Kayenta fails open', () => {
  const critical = { ...rule, critical: true };
  const replace = { ...critical, nanStrategy: 'replace' } as const;
  const gaps = times(5, Number.NaN);

  it('a test that breaks keeps its metric critical, unless it may vanish', () => {
    const values = { gray: [2], stable: [0] };
    expect(classify(critical, values, [])).toMatchObject({ label: 'Error', critical: true });
    expect(classify(critical, values, ['error-vanishes'])).toMatchObject({ label: 'Error', critical: false });
  });

  it('an empty arm has no data, unless it may pass', () => {
    expect(classify(replace, { gray: [], stable: little }, [])).toMatchObject({ label: 'Nodata', critical: true });
    expect(classify(replace, { gray: [], stable: little }, ['empty-arm-passes']).label).toBe('Pass');
    expect(classify(critical, { gray: [], stable: little }, ['empty-arm-passes']).label).toBe('Nodata');
  });

  it('an arm of nothing but gaps has no data, unless zeros in their place may pass', () => {
    const increase = { ...replace, direction: 'increase' } as const;
    expect(classify(increase, { gray: gaps, stable: little }, []).label).toBe('Nodata');
    expect(classify(increase, { gray: gaps, stable: little }, ['empty-arm-passes']).label).toBe('Pass');
  });

  it('each case has a name', () => {
    expect(failOpenCases).toEqual(['error-vanishes', 'empty-arm-passes', 'empty-group-is-100']);
  });
});

describe('a score', () => {
  const is = (label: Scored['label'], ...groups: string[]): Scored => ({ label, groups });
  const closed = { groupWeights: {}, emptyGroup: 'left out' } as const;
  const weighed = (groupWeights: Readonly<Record<string, number>>) => ({ ...closed, groupWeights });

  it.each([
    ['of one good metric', [is('Pass', 'a')], closed, 100],
    ['of one bad metric', [is('High', 'a')], closed, 0],
    ['of a good and a bad one', [is('Pass', 'a'), is('High', 'a')], closed, 50],
    ['to two places', [is('Pass', 'a'), is('High', 'a'), is('Low', 'a')], closed, 33.33],
    ['of weighed groups', [is('Pass', 'a'), is('Pass', 'a'), is('High', 'b')], weighed({ a: 75, b: 25 }), 75],
    ['of equal groups', [is('Pass', 'a'), is('High', 'a'), is('High', 'b')], weighed({ a: 50, b: 50 }), 25],
    [
      'without the metric that has no data',
      [is('Pass', 'a'), is('Nodata', 'a'), is('High', 'b')],
      weighed({ a: 50, b: 50 }),
      50,
    ],
    [
      'of groups of unlike weight',
      [is('High', 'a'), is('Low', 'a'), is('Pass', 'a'), is('High', 'b')],
      weighed({ a: 15, b: 85 }),
      5,
    ],
    ['where missing data count as a fail', [is('Pass', 'a'), is('NodataFail', 'a')], closed, 50],
    ['where others share what is left', [is('Pass', 'a'), is('High', 'b'), is('Pass', 'c')], weighed({ a: 50 }), 75],
    ['of a metric in two groups', [is('Pass', 'a', 'b'), is('High', 'b')], closed, 75],
    ['of metrics without a group', [is('Pass'), is('High')], closed, 50],
    ['of weights that are no hundred', [is('Pass', 'a'), is('Pass', 'b')], weighed({ a: 40, b: 20 }), 60],
  ] as const)('%s', (_, metrics, scoring, score) => {
    expect(scoreOf(metrics, scoring)).toBe(score);
  });

  it('leaves a group out of which nothing was judged, unless it is worth 100', () => {
    const metrics = [is('High', 'a'), is('Pass', 'a'), is('Error', 'b')];
    expect(scoreOf(metrics, closed)).toBe(50);
    expect(scoreOf(metrics, { ...closed, emptyGroup: 100 })).toBe(75);
  });

  it('is none where nothing was judged', () => {
    expect(scoreOf([is('Nodata', 'a'), is('Error', 'b')], closed)).toBeNull();
    expect(scoreOf([], closed)).toBeNull();
    expect(scoreOf([is('Pass', 'b')], weighed({ a: 100 }))).toBeNull();
  });
});
