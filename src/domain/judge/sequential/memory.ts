/** What the sequential judge remembers of a metric: plain JSON of a fixed size, however many intervals came. */
import type { Fold, MetricReading } from '../../verdict.ts';
import { type ArmCounts, isArmCounts, noCounts } from '../counts.ts';
import { noAbove, noBound } from './absolute.ts';
import { noScatter, type Scatter } from './dispersion.ts';
import { type Logs, noLogs } from './e-process.ts';
import { ratios } from './likelihood.ts';
import { type Mixture, mixed, noMixture } from './mixture.ts';
import { noEvidence } from './pass.ts';
import { noRecord, type Recorded } from './recorded.ts';
import { noSampleRatio, type SampleRatio } from './sample-ratio.ts';

export interface SequentialMemory {
  /** Of the whole release: evidence that gray is worse. */
  readonly worse: Mixture;
  readonly likelihood: Logs;
  /** For the time without a stable arm. */
  readonly recorded: Recorded;
  /** Evidence that gray is above its own limit. */
  readonly above: Logs;
  readonly scatter: Scatter;
  /** The dispersion used for the latest interval. */
  readonly dispersion: number;
  /** Of this stage: evidence that gray is not worse, and that it is below its own limit. */
  readonly notWorse: Logs;
  readonly bound: Logs;
  readonly stage: ArmCounts;
  /** The newest intervals that together make a sample for the absolute limit. */
  readonly recent: ArmCounts;
  readonly latest: MetricReading;
  /** End of the newest interval in which gray had a request; 0 for never. */
  readonly grayUntilMs: number;
  /** Why it failed by its absolute limit; never taken back. */
  readonly broken: string | null;
}

export interface Memory {
  readonly metrics: Readonly<Record<string, SequentialMemory>>;
  readonly sampleRatio: SampleRatio;
  /** Why the release failed by evidence; never taken back. */
  readonly failed: { readonly metric: string; readonly reason: string } | null;
}

export const freshMetric: SequentialMemory = {
  worse: noMixture,
  likelihood: noLogs(ratios),
  recorded: noRecord,
  above: noAbove,
  scatter: noScatter,
  dispersion: 1,
  notWorse: noEvidence,
  bound: noBound,
  stage: noCounts,
  recent: noCounts,
  latest: { unusable: 'there is no interval yet' },
  grayUntilMs: 0,
  broken: null,
};

export const freshMemory: Memory = { metrics: {}, sampleRatio: noSampleRatio, failed: null };

/** What this process has made itself need not be looked at again; what came by a heartbeat is. */
const known = new WeakSet<object>();

export function asFold(upToMs: number, memory: Memory): Fold {
  known.add(memory);
  return { upToMs, memory: { sequential: memory } };
}

/** Throws for a fold that another judge, or no judge, has written. */
export function recall({ memory }: Fold): Memory {
  if (Object.keys(memory).length === 0) return freshMemory;
  const { sequential } = memory;
  if (isMemory(sequential)) return sequential;
  throw new TypeError('the memory of the judge is damaged, or of another judge');
}

export const metricOf = (memory: Pick<Memory, 'metrics'>, metric: string): SequentialMemory =>
  Object.hasOwn(memory.metrics, metric) ? (memory.metrics[metric] ?? freshMetric) : freshMetric;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isMemory = (value: unknown): value is Memory => isRecord(value) && (known.has(value) || isWhole(value));

const isWhole = (value: Readonly<Record<string, unknown>>): boolean =>
  isRecord(value.sampleRatio) && isRecord(value.metrics) && Object.values(value.metrics).every(isMetric);

function isMetric(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const logs: readonly [unknown, number][] = [
    [isRecord(value.worse) ? value.worse.sums : null, mixed.length],
    [value.likelihood, ratios.length],
    [value.notWorse, noEvidence.length],
    [value.bound, noBound.length],
    [value.above, mixed.length],
  ];
  return logs.every(([log, length]) => isLogs(log, length)) && isArmCounts(value.stage) && isArmCounts(value.recent);
}

const isLogs = (value: unknown, length: number): boolean =>
  Array.isArray(value) &&
  value.length === length &&
  value.every((log) => typeof log === 'number' && Number.isFinite(log));
