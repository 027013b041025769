/** The rules of one metric of the threshold judge, applied to counts: which are broken, which lack a sample. */
import type { ThresholdRule } from '../spec.ts';
import type { Counts } from '../verdict.ts';
import type { ArmCounts } from './counts.ts';
import { noCounts, percent, plus, rateOf, share } from './counts.ts';

export type RuleKind = 'absolute' | 'relative';

/** A sample of nothing proves nothing, whatever the file says. */
export const neededSample = (rule: ThresholdRule): number => Math.max(1, rule.minSample);

/** The first rule of `kind` that `counts` break, as a sentence; null without a sample or without such a rule. */
export function breach(kind: RuleKind, rule: ThresholdRule, counts: ArmCounts): string | null {
  return kind === 'absolute' ? absoluteBreach(rule, counts) : relativeBreach(rule, counts);
}

function absoluteBreach(rule: ThresholdRule, { gray }: ArmCounts): string | null {
  if (rule.maxRate === undefined || gray.total < neededSample(rule)) return null;
  if (rateOf(gray) <= rule.maxRate) return null;
  return `${share('gray', gray)} against a limit of ${percent(rule.maxRate)}`;
}

function relativeBreach(rule: ThresholdRule, { gray, stable }: ArmCounts): string | null {
  if (rule.maxRatio === undefined || Math.min(gray.total, stable.total) < neededSample(rule)) return null;
  const ratio = ratioOf(gray, stable);
  if (ratio <= rule.maxRatio) return null;
  const times = `${ratio.toFixed(1)} times the stable rate`;
  return `${share('gray', gray)}, ${share('stable', stable)}: ${times} against a limit of ${rule.maxRatio}`;
}

/**
 * Gray rate ÷ stable rate. Where stable has no bad request one is assumed, or a single gray one would be infinitely
 * worse; and a single gray one never breaks a relative rule, for the same reason.
 */
export function ratioOf(gray: Counts, stable: Counts): number {
  if (gray.bad <= 1) return 0;
  return rateOf(gray) / rateOf({ total: stable.total, bad: Math.max(1, stable.bad) });
}

/** The latest interval where that alone is a sample, else the intervals since the last complete sample. */
export function recentSample(rule: ThresholdRule, before: ArmCounts, latest: ArmCounts): ArmCounts {
  const complete = (counts: ArmCounts) => counts.gray.total >= neededSample(rule);
  if (complete(latest)) return latest;
  return plus(complete(before) ? noCounts : before, latest);
}

/** What is missing before the rules can be judged, or null. */
export function missingSample(kinds: readonly RuleKind[], rule: ThresholdRule, counts: ArmCounts): string | null {
  const needed = neededSample(rule);
  const { gray, stable } = counts;
  if (gray.total < needed) return `${gray.total} of the ${needed} gray requests a verdict needs`;
  const compares = kinds.includes('relative') && rule.maxRatio !== undefined;
  if (compares && stable.total < needed) return `${stable.total} of the ${needed} stable requests a verdict needs`;
  return null;
}

/** Why the rules are satisfied, given that none is broken. */
export function satisfied(kinds: readonly RuleKind[], rule: ThresholdRule, counts: ArmCounts): string {
  const limits: string[] = [];
  if (rule.maxRate !== undefined) limits.push(`within ${percent(rule.maxRate)}`);
  if (rule.maxRatio !== undefined && kinds.includes('relative')) {
    limits.push(`within ${rule.maxRatio} times the stable ${percent(rateOf(counts.stable))}`);
  }
  if (rule.maxRatio !== undefined && !kinds.includes('relative')) limits.push('the relative limit does not apply now');
  return `${share('gray', counts.gray)}, ${limits.join(', ')}`;
}
