/** What an outlook is computed from. */
import { describe, expect, it } from 'vitest';
import { grayEventsNeeded } from '../../src/domain/plan/outlook/closed-form.ts';
import { chanceOf, eventsOf, surelyNone, withEvents } from '../../src/domain/plan/outlook/spread.ts';

describe('the first estimate', () => {
  it.each([
    [0.01, 'fail', [1.25, 1.5, 2, 3, 5, 10], [201, 65, 24, 11, 6, 3]],
    [0.2, 'fail', [1.25, 1.5, 2, 3, 5, 10], [253, 82, 32, 15, 8, 5]],
    [0.5, 'fail', [1.25, 1.5, 2, 3, 5, 10], [414, 137, 54, 26, 16, 11]],
    [0.01, 'pass', [1.25, 1.5, 2, 3, 5], [113, 32, 10, 3, 1]],
    [0.2, 'pass', [1.25, 1.5, 2, 3, 5], [144, 42, 14, 5, 2]],
    [0.5, 'pass', [1.25, 1.5, 2, 3, 5], [241, 73, 25, 10, 5]],
  ] as const)('of gray bad events at a share of %d to a %s is that of the literature', (part, kind, ratios, events) => {
    const needed = ratios.map((ratio) =>
      Math.round(kind === 'fail' ? grayEventsNeeded(0.01, part, ratio, 1) : grayEventsNeeded(0.05, part, 1, ratio)),
    );
    expect(needed).toEqual(events);
  });
});

describe('chances of counts', () => {
  it.each([
    [0.3, 0.9],
    [7.5, 0.5],
    [400, 0.8],
    [90_000, 1],
  ])('sum to 1 with a mean of %d and a variance of %d of it, also where events are worth a part', (mean, scatter) => {
    const { first, width, chances } = withEvents(surelyNone(1 / 12), eventsOf(mean, scatter), 1 / 3.7);
    const values = chances.map((_, at) => (first + at) * width * 3.7);
    const average = chances.reduce((sum, chance, at) => sum + chance * (values[at] ?? 0), 0);
    const variance = chances.reduce((sum, chance, at) => sum + chance * ((values[at] ?? 0) - average) ** 2, 0);
    expect(chanceOf({ first, width, chances })).toBeCloseTo(1, 8);
    expect(average / mean).toBeCloseTo(1, 6);
    expect(variance / mean).toBeGreaterThan(scatter * 0.9);
    expect(variance / mean).toBeLessThan(scatter * 1.25);
  });
});
