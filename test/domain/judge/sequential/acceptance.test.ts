/** Releases from seeds: what the proof promises, seen. The large numbers are in `npm run bench:judge`. */
import { describe, expect, it } from 'vitest';
import { passes } from '../../../../bench/judge/passes.ts';
import { eProcess } from '../../../../bench/judge/rules/e-process.ts';
import { judgeBefore, judgeClients, judgeMeasured } from '../../../../bench/judge/rules/gray-release.ts';
import type { Rule } from '../../../../bench/judge/rules/rule.ts';
import { good, intermittent, type Kind, late, type Scenario, steady } from '../../../../bench/judge/streams.ts';
import { medianOf, mostOf, partOf, tally } from '../../../../bench/judge/tally.ts';

const releases = 400;
const scenario = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  ...{ name: `acceptance ${name}`, kind: 'iid', perMinute: 6_000, rate: 0.005, fault: good },
  ...more,
});

function judged(rule: Rule, one: Scenario, runs = releases) {
  const [found] = tally([rule], one, runs);
  if (found === undefined) throw new Error('nothing was judged');
  return found;
}

describe('of 400 good releases no more are rolled back than 1 % and chance allow', () => {
  const most = mostOf(releases, 0.01);
  const kinds: readonly (readonly [Kind, number, number])[] = [
    ...([
      ['iid', 600, 0.005],
      ['iid', 6_000, 0.001],
      ['iid', 60_000, 0.005],
    ] as const),
    ...([
      ['drift', 6_000, 0.005],
      ['incident', 6_000, 0.005],
      ['clump', 6_000, 0.005],
    ] as const),
  ];

  it.each(kinds)('%s, %d requests a minute, %d bad, distinct clients counted', (kind, perMinute, rate) => {
    const found = judged(judgeClients, scenario(kind, { kind, perMinute, rate }));
    expect(found.minutes.length).toBeLessThanOrEqual(most);
  });

  it.each([judgeBefore, judgeMeasured].map((rule) => [rule.name, rule] as const))('clumps: %s', (_, rule) => {
    const found = judged(rule, scenario('clump', { kind: 'clump' }));
    expect(found.minutes.length).toBeLessThanOrEqual(most);
  });

  it('and the bound is not so wide that everything holds it: single errors assumed, clumps break it', () => {
    expect(judged(eProcess, scenario('clump', { kind: 'clump' })).minutes.length).toBeGreaterThan(5 * most);
  });
});

describe('a worse release is rolled back', () => {
  it.each([
    ['×2', steady(2), 21],
    ['×3', steady(3), 13],
    ['×10', steady(10), 3],
    ['×10 in a fifth of the minutes', intermittent(0.2, 10), 13],
    ['×3 from minute 41 on', late(40, 3), 44],
  ])('%s', (name, fault, latest) => {
    const found = judged(judgeClients, scenario(name, { fault }), 100);
    expect(partOf(found)).toBeGreaterThanOrEqual(0.99);
    expect(medianOf(found)).toBeLessThanOrEqual(latest);
  });
});

it.each([500, 5_000])(
  'a gray just too bad for a stage of %d basis points passes it no more often than 5 % and chance allow',
  (shareBp) => {
    const passed = Array.from({ length: 200 }, (_, run) => passes(shareBp, run)).filter(Boolean).length;
    expect(passed).toBeLessThanOrEqual(mostOf(200, 0.05));
  },
);
