/** What the threshold judge remembers: plain JSON of a size that only the number of metrics decides. */
import type { Fold, MetricReading } from '../verdict.ts';
import type { ArmCounts } from './counts.ts';
import { isArmCounts, noCounts } from './counts.ts';
import type { RuleKind } from './rules.ts';

export interface MetricMemory {
  /** All of this fold. */
  readonly all: ArmCounts;
  /** The newest intervals that together make a sample: what `all` is too old to show. */
  readonly recent: ArmCounts;
  readonly latest: MetricReading;
  /** End of the newest interval in which gray had a request; 0 for never. */
  readonly grayUntilMs: number;
  /** The first breach of each kind of rule. Never taken back. */
  readonly failed: Readonly<Partial<Record<RuleKind, string>>>;
}

export const freshMetric: MetricMemory = {
  all: noCounts,
  recent: noCounts,
  latest: { unusable: 'there is no interval yet' },
  grayUntilMs: 0,
  failed: {},
};

/** The memory of one metric. Throws for a fold that another judge, or no judge, has written. */
export function recall(fold: Fold, metric: string): MetricMemory {
  if (!Object.hasOwn(fold.memory, metric)) return freshMetric;
  const memory = fold.memory[metric];
  if (isMetricMemory(memory)) return memory;
  throw new TypeError(`the judge's memory of ${metric} is damaged`);
}

function isMetricMemory(value: unknown): value is MetricMemory {
  if (!isRecord(value)) return false;
  const { all, recent, latest, grayUntilMs, failed } = value;
  return isArmCounts(all) && isArmCounts(recent) && isReading(latest) && isTime(grayUntilMs) && isFailed(failed);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const isReading = (value: unknown): value is MetricReading =>
  isRecord(value) && (typeof value.unusable === 'string' || isArmCounts(value.counts));

const isFailed = (value: unknown): boolean =>
  isRecord(value) &&
  Object.entries(value).every(
    ([kind, reason]) => ['absolute', 'relative'].includes(kind) && typeof reason === 'string',
  );
