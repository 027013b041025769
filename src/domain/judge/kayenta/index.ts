/**
 * The Kayenta judge, for those who come from there: a rank-sum test of the intervals' rates, one analysis every
 * `everyMs`, a score of all metrics. It has no correction for repeated analyses and is blind to what happens in a
 * minority of the intervals; docs/judges/kayenta.md says what differs from the original.
 */
import type { Fold, Interval, Judge } from '../../verdict.ts';
import { plus, soundReading } from '../counts.ts';
import { isNews } from '../fresh.ts';
import { breach, recentSample } from '../rules.ts';
import { analyse, failureOf } from './analyse.ts';
import { decide } from './decide.ts';
import { asFold, type KayentaMemory, type Memory, metricOf, nextMemory, recall, withPoint } from './memory.ts';
import type { KayentaJudgeSpec, KayentaRule } from './spec.ts';

export const kayentaJudge = (spec: KayentaJudgeSpec): Judge => ({
  start: () => ({ upToMs: 0, memory: {} }),
  nextStage: (fold) => asFold(fold.upToMs, nextMemory(recall(fold))),
  fold: (fold, interval) => foldInterval(spec, fold, interval),
  decide: (fold, context) => decide(spec, fold, context),
});

function foldInterval(spec: KayentaJudgeSpec, fold: Fold, interval: Interval): Fold {
  if (!isNews(fold, interval)) return fold;
  const before = recall(fold);
  const metrics = Object.entries(spec.metrics).map(([metric, rule]) => [
    metric,
    withInterval(spec, rule, metricOf(before, metric), interval, metric),
  ]);
  const dueMs = before.dueMs === 0 ? interval.fromMs + spec.everyMs : before.dueMs;
  const memory = { ...before, metrics: Object.fromEntries(metrics), dueMs };
  return asFold(interval.toMs, interval.toMs < dueMs ? memory : analysed(spec, memory, interval.toMs));
}

function withInterval(
  { lookback }: KayentaJudgeSpec,
  rule: KayentaRule,
  before: KayentaMemory,
  interval: Interval,
  metric: string,
): KayentaMemory {
  const latest = soundReading(Object.hasOwn(interval.metrics, metric) ? interval.metrics[metric] : undefined);
  if ('unusable' in latest) return { ...before, latest };
  const stage = plus(before.stage, latest.counts);
  const recent = recentSample(rule, before.recent, latest.counts);
  const broken = before.broken ?? breach('absolute', rule, stage) ?? breach('absolute', rule, recent);
  const grayUntilMs = latest.counts.gray.total > 0 ? interval.toMs : before.grayUntilMs;
  return { ...withPoint(before, latest.counts, lookback), stage, recent, latest, grayUntilMs, broken };
}

/** The next analysis is due a whole number of steps later, however long the interval was. */
function analysed(spec: KayentaJudgeSpec, memory: Memory, nowMs: number): Memory {
  const analysis = analyse(spec, memory);
  const stepMs = Math.max(1, spec.everyMs);
  const dueMs = memory.dueMs + stepMs * (Math.floor((nowMs - memory.dueMs) / stepMs) + 1);
  return { ...memory, dueMs, analysis, failed: memory.failed ?? failureOf(spec, analysis) };
}
