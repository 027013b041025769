/** The sequential judge on paper: the walks to a pass and to a fail of one metric in one stage. */
import { lnBound, noBound, withBound } from '../../judge/sequential/absolute.ts';
import { dispersionOf, isUnknown, meanSquare } from '../../judge/sequential/dispersion.ts';
import { type Grid, type Logs, lnE, noLogs, withInterval } from '../../judge/sequential/e-process.ts';
import { atOnce, mixed } from '../../judge/sequential/mixture.ts';
import { noEvidence, notWorseThan } from '../../judge/sequential/pass.ts';
import { weightOf } from '../../judge/sequential/weigh.ts';
import type { SequentialJudgeSpec, SequentialRule } from '../../spec.ts';
import { grayPart } from './closed-form.ts';
import type { SoFar, Walk } from './crossing.ts';

export interface Situation {
  readonly judge: Pick<SequentialJudgeSpec, 'alpha' | 'beta'>;
  readonly rule: SequentialRule;
  /** Of the budget of risk, 0 … 1. */
  readonly budget: number;
  readonly passMargin: number;
  readonly intervalMs: number;
  /** Expected on both arms in one interval, and the part of them on gray, 0 … 1. */
  readonly requests: number;
  readonly part: number;
  /** Bad ones among stable requests, 0 … 1. */
  readonly baseRate: number;
  /** Intervals of the release before this stage. */
  readonly before: number;
}

/** A gray as good as stable, until the stage may end. */
export function passWalk(situation: Situation): Walk {
  const { judge, rule, passMargin } = situation;
  const pass = { grid: notWorseThan(passMargin), margin: passMargin, from: noEvidence };
  const enough = -Math.log(judge.beta);
  const suffices = (soFar: SoFar): boolean => {
    if (soFar.grayRequests < Math.max(1, rule.minSample)) return false;
    return lnOf(situation, soFar, pass) >= enough || belowLimit(rule, soFar) >= enough;
  };
  return { ...walk(situation, 1), evidence: 'few', suffices };
}

function belowLimit({ maxRate }: SequentialRule, { weighedRequests, weighedGrayBad }: SoFar): number {
  if (maxRate === undefined) return 0;
  return lnBound(withBound(noBound, { total: weighedRequests, bad: weighedGrayBad }, maxRate, 1));
}

/** A gray that is `ratio` times worse from the begin of the stage on, until the release fails. */
export function failWalk(situation: Situation, ratio: number): Walk {
  const { judge, rule, budget } = situation;
  const enough = -Math.log(judge.alpha) - Math.log(budget);
  const fail = { grid: mixed, margin: rule.margin, from: noLogs(mixed) };
  const lnWeight = Math.log(atOnce * weightOf(rule).compared);
  const suffices = (soFar: SoFar): boolean => {
    return lnOf(situation, soFar, fail) + lnWeight >= enough;
  };
  return { ...walk(situation, ratio), evidence: 'many', suffices };
}

interface Process {
  readonly grid: Grid;
  readonly margin: number;
  readonly from: Logs;
}

/** Of counts that are weighed already. */
const lnOf = ({ part }: Situation, { weighedBad, weighedGrayBad }: SoFar, { grid, margin, from }: Process): number => {
  const gray = { total: part, bad: weighedGrayBad };
  const stable = { total: 1 - part, bad: weighedBad - weighedGrayBad };
  return lnE(withInterval(from, { gray, stable }, grid, margin));
};

function walk(situation: Situation, ratio: number): Omit<Walk, 'evidence' | 'suffices'> {
  const { intervalMs, requests, part, baseRate } = situation;
  const onGray = grayPart(part, ratio);
  const [goodGray, goodStable] = [1 - Math.min(1, baseRate * ratio), 1 - baseRate];
  return {
    intervalMs,
    grayRequests: requests * part,
    bad: requests * baseRate * (part * ratio + 1 - part),
    grayPart: onGray,
    // Of events that are not rare the arms have less scatter than single events would have.
    scatter: ((1 - onGray) * goodGray * goodStable) / ((1 - onGray) * goodStable + onGray * goodGray),
    dispersion: dispersionAt(situation),
    unsure: unsureAt(situation),
  };
}

/** The bad events of stable are taken for what is expected, and so is their scatter where it is measured: 2 ÷ degrees. */
function unsureAt(situation: Situation): (intervals: number) => number {
  const { rule, requests, part, baseRate } = situation;
  const onStable = (intervals: number) => Math.max(1, intervals * requests * (1 - part) * baseRate);
  const measured = rule.dispersion === 'measured' ? 3 : 0;
  return (intervals) => 1 / onStable(intervals) + measured / Math.max(1, pairsAfter(situation, intervals));
}

/** Where it is measured: of single events, so far as the stable arm has shown that they are. */
function dispersionAt(situation: Situation): (intervals: number) => number {
  const { dispersion } = situation.rule;
  if (dispersion === 'clients') return () => 1;
  if (dispersion !== 'measured') return () => dispersion;
  return (intervals) => usualDispersion(pairsAfter(situation, intervals));
}

/** A pair of intervals says something where at least one bad event is in it. */
const pairsAfter = ({ before, requests, part, baseRate }: Situation, intervals: number): number =>
  Math.max(0, before + intervals - 1) * (1 - Math.exp(-2 * requests * (1 - part) * baseRate));

/** Of single events, as `pairs` make it out. Evidence is divided by it, so it is the mean of the divided that counts. */
function usualDispersion(pairs: number): number {
  if (isUnknown({ pairs })) return dispersionOf({ pairs, sum: 0, last: null });
  const inverse = tenths.map((z) => 1 / dispersionOf({ pairs, sum: pairs * meanSquare(pairs, z), last: null }));
  return tenths.length / inverse.reduce((sum, one) => sum + one, 0);
}

/** The middles of ten equal parts of a normal distribution. */
const tenths = [-1.645, -1.036, -0.674, -0.385, -0.126, 0.126, 0.385, 0.674, 1.036, 1.645];
