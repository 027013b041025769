/** The evidence of each metric that gray is worse, and what it weighs in the one budget of the release. */
import type { SequentialJudgeSpec, SequentialRule } from '../../spec.ts';
import { percent, share } from '../counts.ts';
import { lnE, lnSum } from './e-process.ts';
import { type Memory, metricOf, type SequentialMemory } from './memory.ts';
import { lnMixture } from './mixture.ts';

export interface Weighed {
  readonly metric: string;
  /** ln E of the metric alone. */
  readonly lnFail: number;
  /** ln of its part of the weighted mean; the release fails when the sum of the parts reaches 1/α. */
  readonly lnWeighted: number;
  readonly reason: string;
}

export function lnWorse(spec: SequentialJudgeSpec, { metrics }: Pick<Memory, 'metrics'>): readonly Weighed[] {
  const rules = Object.entries(spec.metrics);
  const all = rules.reduce((sum, [, { weight }]) => sum + weight, 0);
  return rules.map(([metric, rule]) => {
    const { weight } = rule;
    const found = metricOf({ metrics }, metric);
    const parts = partsOf(rule, found);
    const lnFail = lnSum(Object.values(parts));
    return {
      metric,
      lnFail,
      lnWeighted: lnFail + Math.log(weight / all),
      reason: sentence(found, rule, lnFail, parts),
    };
  });
}

/** Most of the weight is where the arms can be compared, which is the whole ramp. They add up to 1. */
export const weightOf = ({ maxRate }: Pick<SequentialRule, 'maxRate'>) =>
  maxRate === undefined ? { compared: 0.95, recorded: 0.05, above: 0 } : { compared: 0.9, recorded: 0.05, above: 0.05 };

function partsOf(rule: SequentialRule, { worse, recorded, above }: SequentialMemory) {
  const weight = weightOf(rule);
  return {
    compared: Math.log(weight.compared) + lnMixture(worse),
    recorded: Math.log(weight.recorded) + lnE(recorded.logs),
    above: Math.log(weight.above) + lnE(above),
  };
}

type Parts = ReturnType<typeof partsOf>;

function sentence(
  { stage: { gray, stable } }: SequentialMemory,
  { margin, maxRate }: SequentialRule,
  lnFail: number,
  { compared, recorded, above }: Parts,
): string {
  const evidence = `evidence 1 to ${odds(lnFail)} against`;
  if (maxRate !== undefined && above > Math.max(compared, recorded))
    return `${share('gray', gray)}: ${evidence} a gray within ${percent(maxRate)}`;
  if (recorded > compared) return `${share('gray', gray)}: ${evidence} a gray within twice the stable rate before`;
  const times = margin === 1 ? 'the stable rate' : `${margin} times the stable rate`;
  return `${share('gray', gray)}, ${share('stable', stable)}: ${evidence} a gray within ${times}`;
}

/** `e^ln` for people. */
export const odds = (ln: number): string => (ln > Math.log(1e6) ? 'over a million' : `${Math.round(Math.exp(ln))}`);
