/** What the Kayenta judge remembers of a stage: plain JSON; four counts an interval, and no more intervals than `lookback`. */
import type { Counts, Fold, MetricReading } from '../../verdict.ts';
import { type ArmCounts, isArmCounts, noCounts } from '../counts.ts';
import { type Label, labels } from './classify.ts';

/** Of one interval: bad and all requests of gray, then of stable. */
export type Point = readonly [grayBad: number, grayTotal: number, stableBad: number, stableTotal: number];

export interface KayentaMemory {
  /** The newest intervals with a usable reading, oldest first. */
  readonly points: readonly Point[];
  /** Older ones of this stage that were dropped. */
  readonly dropped: number;
  readonly stage: ArmCounts;
  /** The newest intervals that together make a sample for the absolute limit. */
  readonly recent: ArmCounts;
  readonly latest: MetricReading;
  /** End of the newest interval in which gray had a request; 0 for never. */
  readonly grayUntilMs: number;
  /** Why it failed by its absolute limit; never taken back. */
  readonly broken: string | null;
}

/** `TooFew`: there are values, but fewer than a test needs. Not one of Kayenta's labels. */
export interface Judged {
  readonly label: Label | 'TooFew';
  readonly critical: boolean;
  readonly reason: string;
}

export interface Analysis {
  readonly metrics: Readonly<Record<string, Judged>>;
  /** 0–100; null where nothing was judged. */
  readonly score: number | null;
}

export interface Memory {
  readonly metrics: Readonly<Record<string, KayentaMemory>>;
  /** When the next analysis is due; 0 before the first interval of a stage. */
  readonly dueMs: number;
  readonly analysis: Analysis | null;
  /** Why an analysis failed the release; never taken back. */
  readonly failed: Failed | null;
}

export interface Failed {
  readonly metric: string | null;
  readonly reason: string;
}

const freshMetric: KayentaMemory = {
  ...{ points: [], dropped: 0, grayUntilMs: 0, broken: null },
  ...{ stage: noCounts, recent: noCounts },
  latest: { unusable: 'there is no interval yet' },
};

export const metricOf = ({ metrics }: Memory, metric: string): KayentaMemory =>
  (Object.hasOwn(metrics, metric) ? metrics[metric] : undefined) ?? freshMetric;

/** A stage has its own samples; a fail is that of the whole release. */
export function nextMemory({ metrics, failed }: Memory): Memory {
  const kept = Object.entries(metrics).map(([metric, { broken }]) => [metric, { ...freshMetric, broken }]);
  return { ...fresh, metrics: Object.fromEntries(kept), failed };
}

const fresh: Memory = { metrics: {}, dueMs: 0, analysis: null, failed: null };

/** `lookback` newest points. */
export function withPoint(before: KayentaMemory, { gray, stable }: ArmCounts, lookback: number) {
  const points = [...before.points, [...pair(gray), ...pair(stable)] as const];
  const kept = points.slice(-Math.min(Math.max(1, lookback), mostPoints));
  return { points: kept, dropped: before.dropped + points.length - kept.length };
}

/** Keeps a fold within what a workflow can carry, whatever the file says. */
const mostPoints = 1_000;

const pair = ({ bad, total }: Counts) => [bad, total] as const;

export const asFold = (upToMs: number, memory: Memory): Fold => ({ upToMs, memory: { ...memory } });

/** Throws for a fold that another judge, or no judge, has written. */
export function recall({ memory }: Fold): Memory {
  const { metrics = {}, dueMs = 0, analysis = null, failed = null } = memory;
  if (isRecordOf(metrics, isMetric) && isNumber(dueMs) && isAnalysis(analysis) && isFailed(failed))
    return { metrics, dueMs, analysis, failed };
  throw new TypeError("the judge's memory is damaged");
}

type Shape<T> = Readonly<Record<keyof T, (value: unknown) => boolean>>;

/** Every field of a T, each as it should be. */
const has = <T>(value: unknown, shape: Shape<T>): value is T =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries<(value: unknown) => boolean>(shape).every(([key, fits]) => fits(Reflect.get(value, key)));

function isRecordOf<T>(value: unknown, fits: (value: unknown) => value is T): value is Readonly<Record<string, T>> {
  return typeof value === 'object' && value !== null && Object.values(value).every(fits);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);

const isPoint = (value: unknown): boolean => Array.isArray(value) && value.length === 4 && value.every(isNumber);

const isMetric = (value: unknown): value is KayentaMemory =>
  has<KayentaMemory>(value, {
    points: (points) => Array.isArray(points) && points.every(isPoint),
    dropped: isNumber,
    stage: isArmCounts,
    recent: isArmCounts,
    latest: (latest) => typeof latest === 'object' && latest !== null,
    grayUntilMs: isNumber,
    broken: isTextOrNull,
  });

const knownLabels: readonly unknown[] = [...labels, 'TooFew'];

const isJudged = (value: unknown): value is Judged =>
  has<Judged>(value, {
    label: (label) => knownLabels.includes(label),
    critical: (critical) => typeof critical === 'boolean',
    reason: isText,
  });

const isAnalysis = (value: unknown): value is Analysis | null =>
  value === null ||
  has<Analysis>(value, {
    metrics: (metrics) => isRecordOf(metrics, isJudged),
    score: (score) => score === null || isNumber(score),
  });

const isFailed = (value: unknown): value is Failed | null =>
  value === null || has<Failed>(value, { metric: isTextOrNull, reason: isText });
