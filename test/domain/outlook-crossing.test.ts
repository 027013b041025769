import { describe, expect, it } from 'vitest';
import { crossing, decided, type Walk } from '../../src/domain/plan/outlook/crossing.ts';

const intervalMs = 15_000;

/** Bad events of which `grayPart` is on gray; enough once as many as `enough` are. */
const walkTo = (enough: number, bad: number, grayPart: number): Walk => ({
  ...{ intervalMs, bad, grayPart, grayRequests: 100, scatter: 1 - grayPart, evidence: 'many' },
  dispersion: () => 1,
  unsure: () => 0,
  suffices: ({ weighedGrayBad }) => weighedGrayBad >= enough,
});

function* binomialBelow(enough: number, part: number): Generator<number> {
  let chances = [1];
  for (;;) {
    const now = chances;
    chances = [...now, 0].map((chance, at) => chance * (1 - part) + (now[at - 1] ?? 0) * part).slice(0, enough);
    yield chances.reduce((sum, chance) => sum + chance, 0);
  }
}

describe('bad events on gray', () => {
  it.each([
    [0.25, 0.5],
    [0.5, 0.6],
    [0.2, 0.2],
    [1, 0.75],
    [2, 0.05],
    [3, 0.1],
  ])('scatter as single events do where %d come in an interval, a part of %d on gray', (bad, grayPart) => {
    const exact = binomialBelow(5, grayPart);
    let [events, expected] = [0, 1];
    for (const { ms, left } of decided(walkTo(5, bad, grayPart), 0)) {
      if (ms > 100 * intervalMs) break;
      for (; events < Math.round((ms / intervalMs) * bad); events += 1) expected = exact.next().value ?? 0;
      expect(left).toBeCloseTo(expected, 8);
    }
    expect(events).toBeGreaterThanOrEqual(20);
  });

  it('are never enough where none come', () => {
    expect(crossing(walkTo(1, 0, 0.5), 60_000)).toEqual({ medianMs: null, undecided: 1 });
    expect(crossing(walkTo(1, 1, 0), 60_000)).toEqual({ medianMs: null, undecided: 1 });
  });
});
