/** Short words for the judge's tests: intervals of ten seconds, counts as pairs. */
import type { ThresholdJudgeSpec, ThresholdRule } from '../../../src/domain/spec.ts';
import type { Fold, Interval, Judge, JudgeContext, MetricReading } from '../../../src/domain/verdict.ts';

export const stepMs = 10_000;
export const startMs = 1_000_000;

type Pair = readonly [bad: number, total: number];

export const counts = (gray: Pair, stable: Pair = [0, 1_000]): MetricReading => ({
  counts: { gray: { bad: gray[0], total: gray[1] }, stable: { bad: stable[0], total: stable[1] } },
});

/** The n-th interval, from 1. */
export const interval = (n: number, metrics: Readonly<Record<string, MetricReading>>): Interval => ({
  fromMs: startMs + (n - 1) * stepMs,
  toMs: startMs + n * stepMs,
  metrics,
});

export const series = (metric: string, ...readings: readonly MetricReading[]): Interval[] =>
  readings.map((reading, index) => interval(index + 1, { [metric]: reading }));

export const spec = (metrics: Readonly<Record<string, Partial<ThresholdRule>>>): ThresholdJudgeSpec => ({
  kind: 'threshold',
  staleMs: 30_000,
  metrics: Object.fromEntries(
    Object.entries(metrics).map(([name, rule]) => [name, { role: 'required', minSample: 100, ...rule }]),
  ),
});

export const foldAll = (judge: Judge, intervals: readonly Interval[], from: Fold = judge.start()): Fold =>
  intervals.reduce((fold, next) => judge.fold(fold, next), from);

/** Asked a second after the newest interval of `fold`, with all rules, unless said otherwise. */
export const asked = (fold: Fold, context: Partial<JudgeContext> = {}): JudgeContext => ({
  nowMs: fold.upToMs + 1_000,
  rules: 'all',
  shareBp: 500,
  ...context,
});

export const verdictOf = (judge: Judge, intervals: readonly Interval[], context: Partial<JudgeContext> = {}) => {
  const fold = foldAll(judge, intervals);
  return judge.decide(fold, asked(fold, context));
};
