/** One closed interval more, for every metric; and what goes along into the next stage. */
import { isProbeMetric } from '../../probe-metrics.ts';
import type { SequentialJudgeSpec, SequentialRule } from '../../spec.ts';
import type { Fold, Interval } from '../../verdict.ts';
import { type ArmCounts, plus, soundReading } from '../counts.ts';
import { isNews } from '../fresh.ts';
import { breach, recentSample } from '../rules.ts';
import { noAbove, noBound, withAbove, withBound } from './absolute.ts';
import { dispersionOf, withPair } from './dispersion.ts';
import { type Logs, lnSum, stepsOf, withInterval } from './e-process.ts';
import { withLikelihood } from './likelihood.ts';
import { asFold, freshMetric, type Memory, metricOf, recall, type SequentialMemory } from './memory.ts';
import { mixed, withSteps } from './mixture.ts';
import { notWorseThan } from './pass.ts';
import { defaultPassMargin } from './pass-margin.ts';
import { withRecorded } from './recorded.ts';
import { noSampleRatio, withRequests } from './sample-ratio.ts';
import { lnWorse } from './weigh.ts';

export function foldInterval(spec: SequentialJudgeSpec, fold: Fold, interval: Interval): Fold {
  if (!isNews(fold, interval)) return fold;
  const before = recall(fold);
  const metrics = Object.entries(spec.metrics).map(([metric, rule]): [string, SequentialMemory] => [
    metric,
    foldMetric(rule, metricOf(before, metric), interval, metric),
  ]);
  const memory = { ...before, metrics: Object.fromEntries(metrics) };
  const sampleRatio = foldRequests(spec, before, interval);
  return asFold(interval.toMs, { ...memory, sampleRatio, failed: before.failed ?? overBudget(spec, memory) });
}

/** A stage needs a pass of its own; the budget of risk and a fail are those of the whole release. */
export function nextStage(spec: SequentialJudgeSpec, fold: Fold): Fold {
  const before = recall(fold);
  const metrics = Object.keys(spec.metrics).map((metric): [string, SequentialMemory] => {
    const { notWorse, bound, stage, recent, latest, grayUntilMs } = freshMetric;
    return [metric, { ...metricOf(before, metric), notWorse, bound, stage, recent, latest, grayUntilMs }];
  });
  return asFold(fold.upToMs, { ...before, metrics: Object.fromEntries(metrics), sampleRatio: noSampleRatio });
}

function foldMetric(
  rule: SequentialRule,
  before: SequentialMemory,
  interval: Interval,
  metric: string,
): SequentialMemory {
  const latest = soundReading(Object.hasOwn(interval.metrics, metric) ? interval.metrics[metric] : undefined);
  if ('unusable' in latest) return { ...before, latest };
  const { counts } = latest;
  const dispersion = dispersionFor(rule, before);
  const steps = stepsOf(counts, mixed, rule.margin, dispersion);
  const passMargin = passMarginOf(rule, interval);
  // What stable did while gray had nothing is no comparison.
  const stage = counts.gray.total === 0 ? before.stage : plus(before.stage, counts);
  const recent = recentSample(rule, before.recent, counts);
  return {
    worse: withSteps(before.worse, interval.fromMs, steps),
    likelihood: withLikelihood(before.likelihood, counts, dispersion),
    recorded: withRecorded(before.recorded, counts, rule.margin, dispersion),
    scatter: rule.dispersion === 'measured' ? withPair(before.scatter, counts.stable) : before.scatter,
    dispersion,
    notWorse: withInterval(before.notWorse, counts, notWorseThan(passMargin), passMargin, dispersion),
    above: rule.maxRate === undefined ? noAbove : withAbove(before.above, counts.gray, rule.maxRate, dispersion),
    bound: rule.maxRate === undefined ? noBound : withBound(before.bound, counts.gray, rule.maxRate, dispersion),
    ...{ stage, recent, latest },
    grayUntilMs: counts.gray.total > 0 ? interval.toMs : before.grayUntilMs,
    broken: before.broken ?? stopped(rule, stage) ?? stopped(rule, recent),
  };
}

/** The one rule that asks no evidence. */
const stopped = ({ role, minSample, stopAbove }: SequentialRule, counts: ArmCounts): string | null =>
  stopAbove === undefined ? null : breach('absolute', { role, minSample, maxRate: stopAbove }, counts);

/** Only what was measured before this interval may weigh it. */
const dispersionFor = ({ dispersion }: SequentialRule, { scatter }: SequentialMemory): number => {
  if (dispersion === 'measured') return dispersionOf(scatter);
  return dispersion === 'clients' ? 1 : dispersion;
};

/** One margin for a whole stage: without a share that was meant, the one of middling stages. */
export const passMarginOf = ({ passMargin }: SequentialRule, { meantBp }: Pick<Interval, 'meantBp'>): number =>
  passMargin ?? defaultPassMargin(meantBp ?? 2_000);

/** The arms' requests, by the first metric that has them; those of a probe say nothing of the route. */
function foldRequests({ metrics, sampleRatio: tolerance }: SequentialJudgeSpec, memory: Memory, interval: Interval) {
  const { meantBp } = interval;
  if (tolerance === null || meantBp === undefined || meantBp <= 0) return memory.sampleRatio;
  for (const metric of Object.keys(metrics).filter((name) => !isProbeMetric(name))) {
    const reading = soundReading(Object.hasOwn(interval.metrics, metric) ? interval.metrics[metric] : undefined);
    if ('counts' in reading) return withRequests(memory.sampleRatio, reading.counts, meantBp, tolerance);
  }
  return memory.sampleRatio;
}

/** The weighted mean of the metrics' evidence against the one budget; the metric that weighs most is named. */
function overBudget(spec: SequentialJudgeSpec, memory: Pick<Memory, 'metrics'>): Memory['failed'] {
  if (highest(memory) < -Math.log(spec.alpha)) return null;
  const weighed = lnWorse(spec, memory);
  if (lnSum(weighed.map(({ lnWeighted }) => lnWeighted)) < -Math.log(spec.alpha)) return null;
  const most = weighed.reduce((one, other) => (other.lnWeighted > one.lnWeighted ? other : one));
  return { metric: most.metric, reason: most.reason };
}

/** No mean is above it, but for what waits, which is below 1: spares the exact one as long as nothing is suspicious. */
const highest = ({ metrics }: Pick<Memory, 'metrics'>): number =>
  Math.log(mixed.length + 1) +
  Object.values(metrics).reduce(
    (most, { worse, recorded, above }) => maxOf(worse.sums, maxOf(recorded.logs, maxOf(above, most))),
    0,
  );

/** The highest of `logs` and `most`. */
function maxOf(logs: Logs, most: number): number {
  let highestLog = most;
  for (const log of logs) if (log > highestLog) highestLog = log;
  return highestLog;
}
