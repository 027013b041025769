/** Evidence in numbers and one sentence of outlook, for the people who wait for the verdict. */
import type { SequentialJudgeSpec, SequentialRule } from '../../spec.ts';
import type { Evidence, JudgeContext } from '../../verdict.ts';
import { rateOf } from '../counts.ts';
import { lnBound } from './absolute.ts';
import { dispersionOf, isUnknown } from './dispersion.ts';
import { lnE } from './e-process.ts';
import { ratioInterval } from './likelihood.ts';
import type { SequentialMemory } from './memory.ts';

export function evidenceOf(
  spec: SequentialJudgeSpec,
  rule: SequentialRule,
  memory: SequentialMemory,
  lnFail: number,
  { rules }: JudgeContext,
): Evidence {
  const { low, high } = ratioInterval(memory.likelihood, spec.alpha);
  const { gray, stable } = memory.stage;
  const compares = rules === 'all';
  return {
    lnFail: rounded(lnFail),
    failAt: rounded(-Math.log(spec.alpha)),
    lnPass: rounded(bestPass(rule, memory, compares)),
    passAt: rounded(-Math.log(spec.beta)),
    ratio: stable.bad === 0 || gray.total === 0 ? null : rounded(rateOf(gray) / rateOf(stable)),
    ratioLow: low,
    ratioHigh: high,
    dispersion: rounded(memory.dispersion),
    outlook: [compares ? outlook(spec, rule, memory) : alone, ...vouching(rule, memory)].join('; '),
  };
}

/** What the judge cannot vouch for yet, and what it does about it. */
function vouching({ dispersion }: SequentialRule, memory: SequentialMemory): readonly string[] {
  if (dispersion !== 'measured' || !isUnknown(memory.scatter)) return [];
  return [
    `too few errors on stable to know whether they come in clumps, so they count ${dispersionOf(memory.scatter)} times less`,
  ];
}

const alone = 'the stable arm is too small to compare: only its own limit and the recorded stable rate hold';

function bestPass({ maxRate }: SequentialRule, { notWorse, bound }: SequentialMemory, compares: boolean): number {
  const own = maxRate === undefined ? 0 : lnBound(bound);
  return compares ? Math.max(lnE(notWorse), own) : own;
}

/** What is missing for a pass, if what was seen in this stage goes on. */
function outlook({ beta }: SequentialJudgeSpec, rule: SequentialRule, memory: SequentialMemory): string {
  const { gray, stable } = memory.stage;
  const evidence = bestPass(rule, memory, true);
  if (gray.bad + stable.bad === 0 && rule.maxRate === undefined)
    return 'nothing bad in either arm, so there is nothing to compare; a maxRate would let it pass';
  if (evidence <= 0 || gray.total === 0) return 'no evidence yet that gray is not worse';
  const missing = Math.ceil((gray.total / evidence) * (-Math.log(beta) - evidence));
  return missing <= 0 ? 'enough to pass' : `about ${missing} more gray requests to pass at this rate`;
}

/** Three decimals: the rest is noise in a history. */
const rounded = (value: number): number => (Math.abs(value) > 1e9 ? value : Math.round(value * 1_000) / 1_000);
