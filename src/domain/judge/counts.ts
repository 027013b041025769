/** Arithmetic and words of counts, shared by the judges. */
import type { Arm } from '../server.ts';
import type { Counts, MetricReading } from '../verdict.ts';

export type ArmCounts = Readonly<Record<Arm, Counts>>;

export const noCounts: ArmCounts = { gray: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } };

const plusCounts = (one: Counts, other: Counts): Counts => ({
  total: one.total + other.total,
  bad: one.bad + other.bad,
});

export const plus = (one: ArmCounts, other: ArmCounts): ArmCounts => ({
  gray: plusCounts(one.gray, other.gray),
  stable: plusCounts(one.stable, other.stable),
});

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

export function isCounts(value: unknown): value is Counts {
  if (typeof value !== 'object' || value === null || !('total' in value) || !('bad' in value)) return false;
  return isCount(value.total) && isCount(value.bad) && value.bad <= value.total;
}

export const isArmCounts = (value: unknown): value is ArmCounts =>
  typeof value === 'object' &&
  value !== null &&
  'gray' in value &&
  'stable' in value &&
  isCounts(value.gray) &&
  isCounts(value.stable);

/** A reading that arrived is not yet a reading that can be judged: NaN, negative and impossible counts are unusable. */
export function soundReading(reading: MetricReading | undefined): MetricReading {
  if (reading === undefined) return { unusable: 'the metric source does not know this metric' };
  if ('unusable' in reading) return { unusable: String(reading.unusable).slice(0, longestReason) };
  if (!isArmCounts(reading.counts)) return { unusable: 'the metric source returned counts that are no counts' };
  return reading;
}

/** Keeps a fold bounded whatever a source says. */
const longestReason = 400;

export const rateOf = ({ total, bad }: Counts): number => (total === 0 ? 0 : bad / total);

/** `5.0 %`; small rates keep two digits that say something. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0) return '0 %';
  return `${value >= 0.1 ? value.toFixed(1) : value.toPrecision(2)} %`;
}

/** `12 of 240 gray requests (5.0 %)` */
export const share = (arm: Arm, counts: Counts): string =>
  `${counts.bad} of ${counts.total} ${arm} requests (${percent(rateOf(counts))})`;
