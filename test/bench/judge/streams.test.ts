import { describe, expect, it } from 'vitest';
import { seeded } from '../../../bench/judge/random.ts';
import { binomial, geometric, poisson } from '../../../bench/judge/sampling.ts';
import { type Kind, late, type Scenario, steady, streamOf } from '../../../bench/judge/streams.ts';

const draws = 20_000;

function moments(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: draws }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1) };
}

/** Within five standard errors; a variance of skewed counts has wider ones. */
function expectMoments(draw: () => number, mean: number, variance: number): void {
  const found = moments(draw);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / draws));
  expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt((2 + 1 / mean) / draws));
}

describe('numbers from a seed', () => {
  it('are the same for the same name and others for another', () => {
    const three = (name: string) => [1, 2, 3].map(seeded(name));
    expect(three('a')).toEqual(three('a'));
    expect(three('a')).not.toEqual(three('b'));
  });

  it('are uniform', () => {
    expectMoments(seeded('uniform'), 1 / 2, 1 / 12);
  });

  it.each([0.03, 2, 9.9, 10.1, 300, 60_000])('Poisson counts of mean %d have its variance', (mean) => {
    const random = seeded('poisson');
    expectMoments(() => poisson(random, mean), mean, mean);
  });

  it.each([
    ...[
      [60, 0.005],
      [600, 0.01],
      [6_000, 0.0016],
      [6_000, 0.0017],
      [60_000, 0.005],
    ],
    ...[
      [40, 0.5],
      [3_000, 0.5],
      [3_000, 0.9],
    ],
  ] as const)('binomial counts of %d at %d have its mean and variance', (count, part) => {
    const random = seeded('binomial');
    expectMoments(() => binomial(random, count, part), count * part, count * part * (1 - part));
  });

  it('binomial counts have the right chances, not only moments', () => {
    const random = seeded('chances');
    const seen = Array.from({ length: draws }, () => binomial(random, 40, 0.3)).filter((count) => count <= 9).length;
    expect(seen / draws).toBeCloseTo(0.19593, 2);
  });

  it('clumps of mean 5 scatter as geometric ones do', () => {
    const random = seeded('geometric');
    expectMoments(() => geometric(random, 5), 5, 20);
  });

  it('nothing comes of nothing', () => {
    const random = seeded('nothing');
    expect([poisson(random, 0), binomial(random, 0, 0.5), binomial(random, 9, 0), binomial(random, 9, 1)]).toEqual([
      ...[0, 0, 0, 9],
    ]);
  });
});

const scenario = (kind: Kind, more: Partial<Scenario> = {}): Scenario => ({
  ...{ name: kind, kind, perMinute: 6_000, rate: 0.005, fault: steady(1) },
  ...more,
});

/** Rates of both arms in minute `at`, over many releases. */
function ratesAt(one: Scenario, at: number): { gray: number; stable: number } {
  const sums = { gray: [0, 0], stable: [0, 0] };
  for (let run = 0; run < 400; run += 1) {
    const minute = streamOf(one, run).minutes[at];
    if (minute === undefined) throw new Error('no such minute');
    for (const arm of ['gray', 'stable'] as const) {
      sums[arm][0] = (sums[arm][0] ?? 0) + minute[arm].bad;
      sums[arm][1] = (sums[arm][1] ?? 0) + minute[arm].total;
    }
  }
  const rate = ([bad = 0, total = 1]: number[]) => bad / total;
  return { gray: rate(sums.gray), stable: rate(sums.stable) };
}

describe('a stream', () => {
  it('follows the ramp and is the same for the same run', () => {
    const { minutes, before } = streamOf(scenario('iid'), 3);
    expect(minutes.map(({ shareBp }) => shareBp)).toEqual(expect.arrayContaining([100, 500, 2_000, 5_000]));
    expect([minutes.length, before.length]).toEqual([60, 60]);
    expect(streamOf(scenario('iid'), 3)).toEqual({ minutes, before });
    expect(streamOf(scenario('iid'), 4).minutes).not.toEqual(minutes);
  });

  it('of a worse gray is worse in gray alone, from its minute on', () => {
    const one = scenario('iid', { fault: late(30, 3) });
    expect(ratesAt(one, 29).gray / 0.005).toBeCloseTo(1, 1);
    expect(ratesAt(one, 30).gray / 0.005).toBeCloseTo(3, 1);
    expect(ratesAt(one, 30).stable / 0.005).toBeCloseTo(1, 1);
  });

  it('with drift ends three times worse in both arms', () => {
    const { gray, stable } = ratesAt(scenario('drift'), 59);
    expect([gray / 0.005, stable / 0.005]).toEqual([expect.closeTo(3, 1), expect.closeTo(3, 1)]);
  });

  it('with an incident has five minutes ten times worse', () => {
    const { minutes } = streamOf(scenario('incident', { perMinute: 600_000 }), 0);
    const hot = minutes.filter(({ gray }) => gray.bad / gray.total > 0.03);
    expect(hot.length).toBe(5);
    expect(hot.every(({ stable }) => stable.bad / stable.total > 0.045)).toBe(true);
  });

  it('with clumps has the same mean, nine times the variance, and clients that are a fifth of the errors', () => {
    const runs = Array.from({ length: 500 }, (_, run) => streamOf(scenario('clump'), run));
    const counts = runs.flatMap(({ before }) => before.map(({ bad }) => bad));
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(mean).toBeCloseTo(30, 0);
    expect(variance / mean).toBeCloseTo(9, 0);
    const first = runs[0]?.minutes.at(-1);
    expect(first && first.clients.stable.bad < first.stable.bad / 3).toBe(true);
  });
});
