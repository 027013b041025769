/** The verdict: a fail beats everything, then the data must be there and new, then all that counts must be judged, then the score. */
import type { Fold, JudgeContext, MetricEvidence, Verdict } from '../../verdict.ts';
import { sentence, staleness } from '../fresh.ts';
import { missingSample, satisfied } from '../rules.ts';
import { analyse, counted } from './analyse.ts';
import { type Analysis, type KayentaMemory, type Memory, metricOf, recall } from './memory.ts';
import type { KayentaJudgeSpec, KayentaRule } from './spec.ts';

type Opinion = Pick<MetricEvidence, 'kind' | 'reason'>;

export function decide(spec: KayentaJudgeSpec, fold: Fold, context: JudgeContext): Verdict {
  const memory = recall(fold);
  const evidence = Object.entries(spec.metrics).map(([metric, rule]): MetricEvidence => {
    const found = metricOf(memory, metric);
    return { metric, role: rule.role, ...found.stage, ...opinion(spec, rule, metric, memory, context) };
  });
  const verdict = { evidence, untilMs: fold.upToMs };
  const failed = failure(memory, evidence, context);
  if (failed) return { ...verdict, kind: 'fail', ...failed };
  const stale = staleness(fold, spec.staleMs, context.nowMs);
  if (stale !== null) return { ...verdict, kind: 'inconclusive', reason: stale };
  const open = evidence.find((one) => holds(spec, one));
  if (open) return { ...verdict, kind: open.kind, metric: open.metric, reason: sentence(open) };
  if (!evidence.some(({ role }) => role === 'required'))
    return { ...verdict, kind: 'inconclusive', reason: 'no metric is required, so nothing can pass' };
  const words = evidence.map(sentence).join('; ');
  if (context.rules === 'absolute') return { ...verdict, kind: 'pass', reason: words };
  // What came since the last analysis was not compared in it: a pass never rests on that.
  return { ...verdict, ...scored(spec, memory.analysis && analyse(spec, memory), words) };
}

/** By an absolute limit, or, where arms are compared, by an analysis. */
function failure({ failed, metrics }: Memory, evidence: readonly MetricEvidence[], { rules }: JudgeContext) {
  const broken = evidence.find(({ metric }) => metrics[metric]?.broken);
  if (broken) return { metric: broken.metric, reason: sentence(broken) };
  if (failed === null || rules === 'absolute') return null;
  if (failed.metric === null) return { reason: failed.reason };
  return { metric: failed.metric, reason: `${failed.metric}: ${failed.reason}` };
}

/** Whether a metric holds the stage since it was not judged. A broken test does, unless it may vanish. */
function holds({ metrics, failOpen }: KayentaJudgeSpec, { metric, kind, role }: MetricEvidence): boolean {
  if (kind === 'pass' || kind === 'fail') return false;
  if (kind === 'error' && failOpen.includes('error-vanishes')) return false;
  const rule = metrics[metric];
  return role === 'required' || (rule !== undefined && !rule.muted && (rule.critical || rule.mustHaveData));
}

function scored(spec: KayentaJudgeSpec, analysis: Analysis | null, words: string): Opinion {
  const { score, metrics } = analysis ?? { score: null, metrics: {} };
  const all = counted(spec, metrics);
  const unjudged = all.filter(({ found }) => !['Pass', 'High', 'Low'].includes(found.label)).length;
  if (score === null || 2 * unjudged >= all.length)
    return { kind: 'inconclusive', reason: `${unjudged} of ${all.length} metrics were not judged; ${words}` };
  const facts = `score ${score} of the ${spec.score.pass} a pass needs; ${words}`;
  return { kind: score >= spec.score.pass ? 'pass' : 'inconclusive', reason: facts };
}

// ── one metric ───────────────────────────────────────────────────────────────────────────────────────────────────

function opinion(
  spec: KayentaJudgeSpec,
  rule: KayentaRule,
  metric: string,
  memory: Memory,
  context: JudgeContext,
): Opinion {
  const found = metricOf(memory, metric);
  if (found.broken !== null) return { kind: 'fail', reason: found.broken };
  if ('unusable' in found.latest) return { kind: 'inconclusive', reason: found.latest.unusable };
  if (found.grayUntilMs < context.nowMs - spec.staleMs) return { kind: 'inconclusive', reason: quiet(found) };
  return context.rules === 'all' ? compared(rule, metric, memory) : limited(rule, found);
}

const quiet = ({ grayUntilMs }: KayentaMemory): string =>
  grayUntilMs === 0
    ? 'no gray request in this stage: does traffic reach the gray servers?'
    : `no gray request since ${new Date(grayUntilMs).toISOString()}: does traffic reach the gray servers?`;

/** A metric that is high without being critical fails nothing alone: its score decides. */
function compared({ muted }: KayentaRule, metric: string, { analysis, dueMs }: Memory): Opinion {
  const judged = analysis?.metrics[metric];
  if (judged === undefined)
    return { kind: 'inconclusive', reason: `the first analysis is due at ${new Date(dueMs).toISOString()}` };
  const { label, reason } = judged;
  if (label === 'Pass') return { kind: 'pass', reason };
  if (label === 'High' || label === 'Low')
    return muted ? { kind: 'pass', reason: `muted: ${reason}` } : { kind: 'fail', reason };
  return { kind: label === 'Error' ? 'error' : 'inconclusive', reason };
}

/** Without a stable arm only the metric's own limit is left. */
function limited(rule: KayentaRule, { stage }: KayentaMemory): Opinion {
  if (rule.maxRate === undefined)
    return { kind: 'inconclusive', reason: 'without a stable arm there is nothing to compare, and no maxRate' };
  const missing = missingSample(['absolute'], rule, stage);
  if (missing !== null) return { kind: 'inconclusive', reason: missing };
  return { kind: 'pass', reason: satisfied(['absolute'], rule, stage) };
}
