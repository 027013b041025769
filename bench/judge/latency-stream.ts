/** Latencies, log-normal: median 100 ms, σ 0.6, so that the 99th percentile is 404 ms. Only what is slower than a bound is counted. */
import type { ArmCounts } from '../../src/domain/judge/counts.ts';
import type { Counts } from '../../src/domain/verdict.ts';
import { type Random, seeded } from './random.ts';
import { binomial, poisson } from './sampling.ts';
import { anHour } from './streams.ts';

const [medianMs, sigma] = [100, 0.6];

/** The bounds of the three metrics are percentiles of the time before; the fourth is a limit that somebody wrote down. */
export const bounds = { p50: 100, p90: 215.74, p99: 403.85, limit: 500 } as const;
export type Bound = keyof typeof bounds;
export const metricBounds: readonly Bound[] = ['p50', 'p90', 'p99'];

export interface LatencyScenario {
  readonly name: string;
  readonly perMinute: number;
  /** All of gray slower by this factor. */
  readonly shift?: number;
  /** This part of gray's requests takes about a second. */
  readonly tail?: number;
  /** Both arms become slower during the hour, up to this factor. */
  readonly drift?: number;
}

export interface LatencyMinute {
  readonly shareBp: number;
  readonly slower: Readonly<Record<Bound, ArmCounts>>;
}

export function latenciesOf(scenario: LatencyScenario, run: number): readonly LatencyMinute[] {
  const { name, perMinute, shift = 1, tail = 0, drift = 1 } = scenario;
  const random = seeded(`${name} ${run}`);
  return anHour.map((shareBp, at) => {
    const slower = 1 + ((drift - 1) * at) / (anHour.length - 1);
    const share = shareBp / 10_000;
    const gray = draw(random, perMinute * share, (ms) => tail + (1 - tail) * partAbove(ms, slower * shift));
    const stable = draw(random, perMinute * (1 - share), (ms) => partAbove(ms, slower));
    const both = (bound: Bound): ArmCounts => ({ gray: gray[bound], stable: stable[bound] });
    return { shareBp, slower: { p50: both('p50'), p90: both('p90'), p99: both('p99'), limit: both('limit') } };
  });
}

/** A request slower than one bound is slower than those below it. */
function draw(random: Random, mean: number, above: (ms: number) => number): Readonly<Record<Bound, Counts>> {
  const total = poisson(random, mean);
  const p50 = binomial(random, total, above(bounds.p50));
  const p90 = binomial(random, p50, above(bounds.p90) / above(bounds.p50));
  const p99 = binomial(random, p90, above(bounds.p99) / above(bounds.p90));
  const limit = binomial(random, p99, above(bounds.limit) / above(bounds.p99));
  const of = (bad: number): Counts => ({ total, bad });
  return { p50: of(p50), p90: of(p90), p99: of(p99), limit: of(limit) };
}

export const partAbove = (ms: number, slower = 1): number => upperTail(Math.log(ms / (medianMs * slower)) / sigma);

/** Of the normal distribution; Abramowitz and Stegun 26.2.17, to 7.5e-8. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
