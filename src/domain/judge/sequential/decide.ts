/** The verdict: a fail beats everything, then the data must be there, new and trustworthy, then all required metrics pass. */
import type { SequentialJudgeSpec, SequentialRule } from '../../spec.ts';
import type { Fold, JudgeContext, MetricEvidence, Verdict } from '../../verdict.ts';
import { combined } from '../combine.ts';
import { percent, share } from '../counts.ts';
import { staleness } from '../fresh.ts';
import { lnBound } from './absolute.ts';
import { lnE } from './e-process.ts';
import { evidenceOf } from './explain.ts';
import { type Memory, metricOf, recall, type SequentialMemory } from './memory.ts';
import { mismatch } from './sample-ratio.ts';
import { lnWorse, odds } from './weigh.ts';

export function decide(spec: SequentialJudgeSpec, fold: Fold, context: JudgeContext): Verdict {
  const memory = recall(fold);
  const evidence = judgeAll(spec, memory, context);
  const doubt = staleness(fold, spec.staleMs, context.nowMs) ?? mismatch(memory.sampleRatio);
  return combined(evidence, fold.upToMs, doubt);
}

function judgeAll(spec: SequentialJudgeSpec, memory: Memory, context: JudgeContext): readonly MetricEvidence[] {
  return lnWorse(spec, memory).flatMap(({ metric, lnFail }) => {
    const rule = spec.metrics[metric];
    if (rule === undefined) return [];
    const found = metricOf(memory, metric);
    const evidence = evidenceOf(spec, rule, found, lnFail, context);
    const failure = found.broken ?? (memory.failed?.metric === metric ? memory.failed.reason : null);
    const said = failure === null ? opinion(spec, rule, found, context) : ({ kind: 'fail', reason: failure } as const);
    const reason = said.reason ?? `${share('gray', found.stage.gray)}: ${evidence.outlook}`;
    return [{ metric, role: rule.role, ...found.stage, evidence, kind: said.kind, reason }];
  });
}

interface Opinion {
  readonly kind: 'pass' | 'inconclusive';
  /** Null: what is missing says enough. */
  readonly reason: string | null;
}

function opinion(
  spec: SequentialJudgeSpec,
  rule: SequentialRule,
  found: SequentialMemory,
  context: JudgeContext,
): Opinion {
  const open = openQuestion(rule, found, context.nowMs - spec.staleMs);
  if (open !== null) return { kind: 'inconclusive', reason: open };
  const passed = passing(spec, rule, found, context.rules === 'all');
  return passed === null ? { kind: 'inconclusive', reason: null } : { kind: 'pass', reason: passed };
}

/** Why the metric cannot be judged now, or null. */
function openQuestion(
  rule: SequentialRule,
  { latest, stage, grayUntilMs }: SequentialMemory,
  oldestMs: number,
): string | null {
  if ('unusable' in latest) return latest.unusable;
  if (stage.gray.total < rule.minSample)
    return `${stage.gray.total} of the ${rule.minSample} gray requests a verdict needs`;
  if (grayUntilMs >= oldestMs) return null;
  return `no gray request since ${new Date(grayUntilMs).toISOString()}: does traffic reach the gray servers?`;
}

/** Why the metric passes, or null. Without a stable arm to compare with only its own limit can pass it. */
function passing(
  { beta }: SequentialJudgeSpec,
  { maxRate }: SequentialRule,
  { stage: { gray, stable }, notWorse, bound }: SequentialMemory,
  compares: boolean,
): string | null {
  const enough = -Math.log(beta);
  const facts = `${share('gray', gray)}, ${share('stable', stable)}`;
  if (compares && lnE(notWorse) >= enough)
    return `${facts}, evidence ${odds(lnE(notWorse))} to 1 that gray is not worse`;
  if (maxRate !== undefined && lnBound(bound) >= enough)
    return `${share('gray', gray)}, shown to be below ${percent(maxRate)}`;
  return null;
}
