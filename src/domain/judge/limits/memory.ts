/** What the limits judge remembers of a metric in a stage: counters, whatever their number. */
import type { Fold, MetricReading } from '../../verdict.ts';
import { type ArmCounts, isArmCounts, noCounts } from '../counts.ts';

export interface LimitsMemory {
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  /** Measurements in a row that could not be made. */
  readonly errors: number;
  readonly all: ArmCounts;
  readonly latest: MetricReading;
  /** Why it failed; never taken back. */
  readonly broken: string | null;
}

export const freshMetric: LimitsMemory = {
  ...{ successful: 0, failed: 0, inconclusive: 0, errors: 0 },
  all: noCounts,
  latest: { unusable: 'there is no interval yet' },
  broken: null,
};

/** Throws for a fold that another judge, or no judge, has written. */
export function recall({ memory }: Fold, metric: string): LimitsMemory {
  if (!Object.hasOwn(memory, metric)) return freshMetric;
  const found = memory[metric];
  if (isLimitsMemory(found)) return found;
  throw new TypeError(`the judge's memory of ${metric} is damaged`);
}

const isCounter = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

const isLimitsMemory = (value: unknown): value is LimitsMemory =>
  typeof value === 'object' &&
  value !== null &&
  'latest' in value &&
  'broken' in value &&
  'all' in value &&
  isArmCounts(value.all) &&
  ['successful', 'failed', 'inconclusive', 'errors'].every((name) => isCounter(Reflect.get(value, name)));
