/** The releases that every rule sees, minute by minute; see docs/judge-benchmark.md for what the kinds are. */
import type { ArmCounts } from '../../src/domain/judge/counts.ts';
import type { Counts } from '../../src/domain/verdict.ts';
import { type Random, seeded } from './random.ts';
import { binomial, geometric, poisson } from './sampling.ts';

export interface Minute extends ArmCounts {
  /** A fresh stable arm of the size of gray, for the rules that want one. */
  readonly twin: Counts;
  /** Distinct clients that met an error, instead of errors; differs where errors come in clumps. */
  readonly clients: ArmCounts;
  readonly shareBp: number;
}

export interface Stream {
  /** An hour of all traffic before the release. */
  readonly before: readonly Counts[];
  readonly minutes: readonly Minute[];
}

/** What happens to both arms. `drift`: rate ×1 → ×3; `incident`: ×10 in five minutes; `clump`: errors five at a time. */
export type Kind = 'iid' | 'drift' | 'incident' | 'clump';

/** Gray rate ÷ stable rate, by minute from 0. */
export type Fault = (minute: number, random: Random) => number;

export const steady =
  (ratio: number): Fault =>
  () =>
    ratio;
export const good = steady(1);
export const late =
  (from: number, ratio: number): Fault =>
  (minute) =>
    minute < from ? 1 : ratio;
export const intermittent =
  (part: number, ratio: number): Fault =>
  (_, random) =>
    random() < part ? ratio : 1;

export interface Scenario {
  readonly name: string;
  readonly kind: Kind;
  readonly perMinute: number;
  /** Stable rate of bad requests, fraction of 1. */
  readonly rate: number;
  readonly fault: Fault;
  /** By minute; the ramp of an hour unless said. */
  readonly shares?: readonly number[];
}

const times = (count: number, shareBp: number): number[] => Array.from({ length: count }, () => shareBp);

/** 1 % for 10 minutes, 5 % for 10, 20 % for 20, 50 % for 20. */
export const anHour: readonly number[] = [
  ...times(10, 100),
  ...times(10, 500),
  ...times(20, 2_000),
  ...times(20, 5_000),
];

/** Mean number of errors in a clump: variance ÷ mean of the counts is 2 × 5 − 1 = 9. */
const clumpMean = 5;

export function streamOf(scenario: Scenario, run: number): Stream {
  const random = seeded(`${scenario.name} ${run}`);
  const { kind, perMinute, rate, fault, shares = anHour } = scenario;
  const before = times(60, 0).map(() => drawArm(random, kind, poisson(random, perMinute), rate).counts);
  const weather = weatherOf(random, kind, shares.length);
  const minutes = shares.map((shareBp, at): Minute => {
    const base = Math.min(1, rate * (weather[at] ?? 1));
    const ratio = fault(at, random);
    return drawMinute(random, { kind, perMinute, shareBp, base, worse: Math.min(1, base * ratio) });
  });
  return { before, minutes };
}

interface Draw {
  readonly kind: Kind;
  readonly perMinute: number;
  readonly shareBp: number;
  readonly base: number;
  readonly worse: number;
}

export function drawMinute(random: Random, { kind, perMinute, shareBp, base, worse }: Draw): Minute {
  const share = shareBp / 10_000;
  const gray = drawArm(random, kind, poisson(random, perMinute * share), worse);
  const stable = drawArm(random, kind, poisson(random, perMinute * (1 - share)), base);
  const twin = drawArm(random, kind, gray.counts.total, base).counts;
  const clients = { gray: gray.clients, stable: stable.clients };
  return { gray: gray.counts, stable: stable.counts, twin, clients, shareBp };
}

function drawArm(random: Random, kind: Kind, total: number, rate: number): { counts: Counts; clients: Counts } {
  if (kind !== 'clump') {
    const counts = { total, bad: binomial(random, total, rate) };
    return { counts, clients: counts };
  }
  const clumps = binomial(random, total, rate / clumpMean);
  let bad = 0;
  for (let clump = 0; clump < clumps; clump += 1) bad += geometric(random, clumpMean);
  return { counts: { total, bad: Math.min(total, bad) }, clients: { total, bad: clumps } };
}

/** Factor on the rate of both arms, by minute. */
function weatherOf(random: Random, kind: Kind, length: number): readonly number[] {
  if (kind === 'drift') return Array.from({ length }, (_, at) => 1 + (2 * at) / (length - 1));
  const factors = Array.from({ length }, () => 1);
  if (kind !== 'incident') return factors;
  const left = new Set<number>();
  while (left.size < 5) left.add(Math.floor(random() * length));
  for (const at of left) factors[at] = 10;
  return factors;
}
