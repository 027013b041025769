/** The evidence of each metric that gray is worse, and what it weighs in the one budget of the release. */
import type { SequentialJudgeSpec } from '../../spec.ts';
import { share } from '../counts.ts';
import { lnE, lnSum, worse } from './e-process.ts';
import { lnWithLate } from './late.ts';
import { type Memory, metricOf, type SequentialMemory } from './memory.ts';

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
  return rules.map(([metric, { weight, margin }]) => {
    const found = metricOf({ metrics }, metric);
    const lnFail = lnOf(found);
    return { metric, lnFail, lnWeighted: lnFail + Math.log(weight / all), reason: sentence(found, margin, lnFail) };
  });
}

/** Most of the weight is where the arms can be compared, which is the whole ramp. */
const lnOf = ({ worse: logs, late, recorded }: SequentialMemory): number =>
  lnSum([Math.log(0.9) + lnWithLate(lnE(logs), late, worse), Math.log(0.1) + lnE(recorded.logs)]);

function sentence({ stage: { gray, stable } }: SequentialMemory, margin: number, lnFail: number): string {
  const against = margin === 1 ? 'the stable rate' : `${margin} times the stable rate`;
  return `${share('gray', gray)}, ${share('stable', stable)}: evidence 1 to ${odds(lnFail)} against a gray within ${against}`;
}

/** `e^ln` for people. */
export const odds = (ln: number): string => (ln > Math.log(1e6) ? 'over a million' : `${Math.round(Math.exp(ln))}`);
