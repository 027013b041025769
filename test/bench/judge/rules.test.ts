import { describe, expect, it } from 'vitest';
import { dispersionBefore } from '../../../bench/judge/rules/e-process.ts';
import { rules, variants } from '../../../bench/judge/rules/index.ts';
import { failsIn } from '../../../bench/judge/rules/rule.ts';
import { anHour, good, type Scenario, steady, streamOf } from '../../../bench/judge/streams.ts';

const all = [...rules, ...variants];
const calm: Scenario = { name: 'calm', kind: 'iid', perMinute: 60_000, rate: 1e-3, fault: good };
const silent: Scenario = { ...calm, name: 'silent', rate: 0 };
const outage: Scenario = { ...calm, name: 'outage', fault: steady(300) };
const empty: Scenario = { ...calm, name: 'empty', perMinute: 0 };

describe.each(all.map((rule) => ({ name: rule.name, rule })))('$name', ({ rule }) => {
  it('rolls back a gray that fails nearly every third request, within half an hour', () => {
    expect(failsIn(rule, streamOf(outage, 0))).toBeLessThanOrEqual(rule.name.includes('at the end') ? 60 : 30);
  });

  it.each([
    ['nothing is bad', silent],
    ['nobody asks', empty],
  ])('stays quiet where %s', (_, scenario) => {
    expect(failsIn(rule, streamOf(scenario, 0))).toBeNull();
  });

  it('begins anew for each release', () => {
    expect(failsIn(rule, streamOf(outage, 1))).toBe(failsIn(rule, streamOf(outage, 1)));
  });
});

it('every rule has a name of its own', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe('the scatter of the hour before', () => {
  const before = (kind: Scenario['kind'], run: number) =>
    dispersionBefore(streamOf({ ...calm, name: kind, kind, rate: 0.005 }, run).before);
  const mean = (kind: Scenario['kind']) => {
    const found = Array.from({ length: 100 }, (_, run) => before(kind, run));
    return found.reduce((sum, one) => sum + one, 0) / found.length;
  };

  it('is 1 or little more for single errors, about 9 for clumps of five, and 1 for nothing', () => {
    expect(mean('iid')).toBeLessThan(1.2);
    expect(mean('clump')).toBeCloseTo(9, -1);
    expect(dispersionBefore(anHour.map(() => ({ total: 100, bad: 0 })))).toBe(1);
  });
});
