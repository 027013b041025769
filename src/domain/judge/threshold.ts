/**
 * The threshold judge: fixed limits with a minimum sample, three-valued. It counts a request once, fails for good,
 * and passes only on data that is there, new and sufficient.
 */
import type { ThresholdJudgeSpec, ThresholdRule } from '../spec.ts';
import type { Fold, Interval, Judge, JudgeContext, MetricEvidence, Verdict } from '../verdict.ts';
import { combined } from './combine.ts';
import type { ArmCounts } from './counts.ts';
import { plus, soundReading } from './counts.ts';
import { isNews, staleness } from './fresh.ts';
import type { MetricMemory } from './memory.ts';
import { freshMetric, recall } from './memory.ts';
import type { RuleKind } from './rules.ts';
import { breach, missingSample, recentSample, satisfied } from './rules.ts';

export function thresholdJudge(spec: ThresholdJudgeSpec): Judge {
  return {
    start: () => ({ upToMs: 0, memory: {} }),
    nextStage: (fold) => nextStage(spec, fold),
    fold: (fold, interval) => foldInterval(spec, fold, interval),
    decide: (fold, context) => decide(spec, fold, context),
  };
}

// ── fold ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function foldInterval(spec: ThresholdJudgeSpec, fold: Fold, interval: Interval): Fold {
  if (!isNews(fold, interval)) return fold;
  const memory = Object.entries(spec.metrics).map(([metric, rule]) => [
    metric,
    foldMetric(rule, recall(fold, metric), interval, metric),
  ]);
  return { upToMs: interval.toMs, memory: Object.fromEntries(memory) };
}

/** Every stage needs its own sample, and counts nothing of the last one; a fail goes along (an override starts with a new fold). */
function nextStage(spec: ThresholdJudgeSpec, fold: Fold): Fold {
  const memory = Object.keys(spec.metrics).map((metric) => [
    metric,
    { ...freshMetric, failed: recall(fold, metric).failed },
  ]);
  return { upToMs: fold.upToMs, memory: Object.fromEntries(memory) };
}

function foldMetric(rule: ThresholdRule, before: MetricMemory, interval: Interval, metric: string): MetricMemory {
  const latest = soundReading(Object.hasOwn(interval.metrics, metric) ? interval.metrics[metric] : undefined);
  if ('unusable' in latest) return { ...before, latest };
  const all = plus(before.all, latest.counts);
  const recent = recentSample(rule, before.recent, latest.counts);
  const grayUntilMs = latest.counts.gray.total > 0 ? interval.toMs : before.grayUntilMs;
  return { all, recent, latest, grayUntilMs, failed: { ...breaches(rule, [all, recent]), ...before.failed } };
}

function breaches(rule: ThresholdRule, views: readonly ArmCounts[]): Partial<Record<RuleKind, string>> {
  const found: Partial<Record<RuleKind, string>> = {};
  for (const kind of ['absolute', 'relative'] as const) {
    const broken = views.map((counts) => breach(kind, rule, counts)).find((reason) => reason !== null);
    if (broken) found[kind] = broken;
  }
  return found;
}

// ── decide ───────────────────────────────────────────────────────────────────────────────────────────────────────

function decide(spec: ThresholdJudgeSpec, fold: Fold, context: JudgeContext): Verdict {
  const evidence = Object.entries(spec.metrics).map(([metric, rule]) =>
    judgeMetric({ metric, rule, memory: recall(fold, metric), staleMs: spec.staleMs, context }),
  );
  return combined(evidence, fold.upToMs, staleness(fold, spec.staleMs, context.nowMs));
}

interface MetricCase {
  readonly metric: string;
  readonly rule: ThresholdRule;
  readonly memory: MetricMemory;
  readonly staleMs: number;
  readonly context: JudgeContext;
}

function judgeMetric({ metric, rule, memory, staleMs, context }: MetricCase): MetricEvidence {
  const kinds: readonly RuleKind[] = context.rules === 'all' ? ['absolute', 'relative'] : ['absolute'];
  const facts = { metric, role: rule.role, ...memory.all };
  const failed = kinds.map((kind) => memory.failed[kind]).find((reason) => reason !== undefined);
  if (failed !== undefined) return { ...facts, kind: 'fail', reason: failed };
  const open = openQuestion(kinds, rule, memory, context.nowMs - staleMs);
  if (open !== null) return { ...facts, kind: 'inconclusive', reason: open };
  return { ...facts, kind: 'pass', reason: satisfied(kinds, rule, memory.all) };
}

/** Why this metric cannot be judged now, or null. */
function openQuestion(
  kinds: readonly RuleKind[],
  rule: ThresholdRule,
  memory: MetricMemory,
  oldestMs: number,
): string | null {
  if ('unusable' in memory.latest) return memory.latest.unusable;
  const missing = missingSample(kinds, rule, memory.all);
  if (missing !== null) return missing;
  if (memory.grayUntilMs >= oldestMs) return null;
  return `no gray request since ${new Date(memory.grayUntilMs).toISOString()}: does traffic reach the gray servers?`;
}
