/**
 * The limits judge, for those who come from Argo Rollouts: each interval is a measurement that was successful, failed,
 * inconclusive or an error, and each kind has a limit. As there, the usual failure limit of 0 means that one bad
 * interval fails the release. What is there a `NaN` that depends on the condition is here always an error.
 */
import type { LimitsJudgeSpec, LimitsRule } from '../../spec.ts';
import type { Fold, Interval, Judge, JudgeContext, MetricEvidence, Verdict } from '../../verdict.ts';
import { combined } from '../combine.ts';
import { percent, plus, rateOf, share, soundReading } from '../counts.ts';
import { isNews, staleness } from '../fresh.ts';
import { freshMetric, type LimitsMemory, recall } from './memory.ts';

export const limitsJudge = (spec: LimitsJudgeSpec): Judge => ({
  start: () => ({ upToMs: 0, memory: {} }),
  nextStage: (fold) => ({ upToMs: fold.upToMs, memory: each(spec, (metric) => next(recall(fold, metric))) }),
  fold: (fold, interval) => foldInterval(spec, fold, interval),
  decide: (fold, context) => decide(spec, fold, context),
});

const each = <R>(spec: LimitsJudgeSpec, of: (metric: string, rule: LimitsRule) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(spec.metrics).map(([metric, rule]) => [metric, of(metric, rule)]));

/** Every stage measures anew; a fail goes along. */
const next = ({ broken }: LimitsMemory): LimitsMemory => ({ ...freshMetric, broken });

function foldInterval(spec: LimitsJudgeSpec, fold: Fold, interval: Interval): Fold {
  if (!isNews(fold, interval)) return fold;
  const memory = each(spec, (metric, rule) => measured(rule, recall(fold, metric), interval, metric));
  return { upToMs: interval.toMs, memory };
}

function measured(rule: LimitsRule, before: LimitsMemory, interval: Interval, metric: string): LimitsMemory {
  const latest = soundReading(Object.hasOwn(interval.metrics, metric) ? interval.metrics[metric] : undefined);
  if ('unusable' in latest) return { ...before, latest, errors: before.errors + 1 };
  const { gray } = latest.counts;
  const kept = { ...before, latest, errors: 0, all: plus(before.all, latest.counts) };
  if (gray.total < rule.minSample) return { ...kept, inconclusive: before.inconclusive + 1 };
  if (rateOf(gray) <= rule.passBelow) return { ...kept, successful: before.successful + 1 };
  if (rateOf(gray) <= rule.failAbove) return { ...kept, inconclusive: before.inconclusive + 1 };
  const failed = before.failed + 1;
  const reason = `${share('gray', gray)} against a limit of ${percent(rule.failAbove)}, ${failed} failed of ${rule.failureLimit} allowed`;
  return { ...kept, failed, broken: before.broken ?? (failed > rule.failureLimit ? reason : null) };
}

function decide(spec: LimitsJudgeSpec, fold: Fold, { nowMs }: JudgeContext): Verdict {
  const evidence = Object.values(each(spec, (metric, rule) => judged(metric, rule, recall(fold, metric))));
  return combined(evidence, fold.upToMs, staleness(fold, spec.staleMs, nowMs));
}

function judged(metric: string, rule: LimitsRule, memory: LimitsMemory): MetricEvidence {
  return { metric, role: rule.role, ...memory.all, ...opinion(rule, memory) };
}

function opinion(rule: LimitsRule, memory: LimitsMemory): Pick<MetricEvidence, 'kind' | 'reason'> {
  const { broken, latest, errors, inconclusive, successful } = memory;
  if (broken !== null) return { kind: 'fail', reason: broken };
  const why = 'unusable' in latest ? latest.unusable : '';
  if (errors > rule.consecutiveErrorLimit) return { kind: 'error', reason: `${errors} errors in a row: ${why}` };
  if (why !== '') return { kind: 'inconclusive', reason: why };
  if (inconclusive > rule.inconclusiveLimit)
    return { kind: 'inconclusive', reason: `${inconclusive} inconclusive of ${rule.inconclusiveLimit} allowed` };
  const facts = `${successful} of ${rule.count} successful measurements`;
  return successful < rule.count ? { kind: 'inconclusive', reason: facts } : { kind: 'pass', reason: facts };
}
