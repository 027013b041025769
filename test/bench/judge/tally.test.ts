import { describe, expect, it } from 'vitest';
import { partAbove } from '../../../bench/judge/latency-stream.ts';
import { flagger } from '../../../bench/judge/rules/flagger.ts';
import { type Scenario, steady } from '../../../bench/judge/streams.ts';
import { margin, meanOf, medianOf, mostOf, partOf, tally } from '../../../bench/judge/tally.ts';

describe('a tally', () => {
  const found = { rule: 'any', runs: 4, minutes: [3, 5, 10] };

  it('tells the part rolled back, the median minute of those, and the mean with the others at an hour', () => {
    expect([partOf(found), medianOf(found), meanOf(found)]).toEqual([0.75, 5, 19.5]);
    expect(medianOf({ ...found, minutes: [] })).toBeNaN();
  });

  it('is the same each time', () => {
    const worse: Scenario = { name: 'w', kind: 'iid', perMinute: 6_000, rate: 0.005, fault: steady(5) };
    expect(tally([flagger], worse, 5)).toEqual(tally([flagger], worse, 5));
  });
});

describe('chance', () => {
  it.each([
    [4_000, 0.01, 65],
    [4_000, 0.05, 253],
  ])('lets %d good releases at %d have no more than %d rollbacks', (runs, part, most) => {
    expect(mostOf(runs, part)).toBe(most);
  });

  it('narrows with the number of releases', () => {
    expect(margin(0.5, 2_000)).toBeCloseTo(2.19, 2);
  });

  it('puts half, a tenth and a hundredth of the latencies above the bounds', () => {
    expect([100, 215.74, 403.85].map((ms) => partAbove(ms))).toEqual([
      ...[expect.closeTo(0.5, 4), expect.closeTo(0.1, 4), expect.closeTo(0.01, 4)],
    ]);
    expect(partAbove(100, 1.2)).toBeCloseTo(0.6194, 3);
  });
});
