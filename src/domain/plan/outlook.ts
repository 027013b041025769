/** What the sequential judge will need in each stage: how much traffic, how long, and when there is no hope of a verdict. */

import { passMarginOf } from '../judge/sequential/fold.ts';
import { isProbeMetric } from '../probe-metrics.ts';
import type { ReleaseSpec, SequentialJudgeSpec, SequentialRule, StageSpec } from '../spec.ts';
import { allUsersBp, meantForGrayBp } from '../split.ts';
import { longestHoldMs, whenUndecided } from '../undecided.ts';
import { adviceFor, isHopeless } from './outlook/advice.ts';
import { crossing } from './outlook/crossing.ts';
import { failWalk, passWalk, type Situation } from './outlook/walks.ts';

/** What somebody knows of the target beforehand. */
export interface Traffic {
  /** Requests per second of the whole target. */
  readonly requestsPerSecond: number;
  /** Usual part of bad events per metric, 0 … 1. */
  readonly baseRates: Readonly<Record<string, number>>;
}

export interface Outlook extends Traffic {
  readonly metrics: readonly MetricOutlook[];
  readonly advice: readonly string[];
}

/** One metric in one stage; times count from the begin of the stage. */
export interface MetricOutlook {
  readonly stage: string;
  readonly shareBp: number;
  readonly metric: string;
  readonly role: SequentialRule['role'];
  readonly passMargin: number;
  /** To pass a gray that is as good as stable; null: never, or not needed of a guard. */
  readonly pass: Need | null;
  readonly detect: readonly Detection[];
  /** The time limit of a verdict, and the chance that a good gray has not passed by then; null for a guard. */
  readonly undecided: { readonly afterMs: number; readonly chance: number } | null;
}

/** In half of all releases. */
export interface Need {
  readonly ms: number;
  readonly grayRequests: number;
  /** Expected among them. */
  readonly grayBad: number;
}

export interface Detection {
  /** So many times worse than stable. */
  readonly ratio: number;
  /** Null: never, or not within a week. */
  readonly need: Need | null;
}

export const ratios = [1.5, 2, 3, 10] as const;

export function planOutlook(spec: ReleaseSpec, judge: SequentialJudgeSpec, traffic: Traffic): Outlook {
  const found = placesOf(spec, judge, traffic).map((place) => {
    const situation = situationOf(spec, judge, place);
    return { place, situation, outlook: metricOutlook(spec, place, situation) };
  });
  return {
    ...traffic,
    metrics: found.map(({ outlook }) => outlook),
    advice: found.flatMap(({ place, situation, outlook }) => advice(place, situation, outlook)),
  };
}

/** One metric, in one stage. */
interface Place extends Pick<Traffic, 'requestsPerSecond'> {
  readonly metric: string;
  readonly rule: SequentialRule;
  readonly baseRate: number;
  readonly stage: StageSpec;
  readonly index: number;
}

function placesOf({ ramp }: ReleaseSpec, judge: SequentialJudgeSpec, traffic: Traffic): readonly Place[] {
  const { requestsPerSecond, baseRates } = traffic;
  return ramp.stages.flatMap((stage, index) =>
    Object.entries(judge.metrics).flatMap(([metric, rule]) => {
      const baseRate = baseRates[metric];
      return baseRate === undefined ? [] : [{ requestsPerSecond, metric, rule, baseRate, stage, index }];
    }),
  );
}

function situationOf(spec: ReleaseSpec, judge: SequentialJudgeSpec, place: Place): Situation {
  const { rule, stage, index, baseRate } = place;
  const { intervalMs } = spec.metrics;
  const meantBp = meantForGrayBp(stage.shareBp, spec.audience.restBp);
  const weights = Object.values(judge.metrics).reduce((sum, { weight }) => sum + weight, 0);
  const before = spec.ramp.stages.slice(0, index).reduce((sum, { holdMs }) => sum + holdMs, 0) / intervalMs;
  return {
    judge,
    rule,
    budget: rule.weight / weights,
    passMargin: passMarginOf(rule, { meantBp }),
    baseRate,
    intervalMs,
    before,
    ...flowOf(spec, place, meantBp),
  };
}

/** Probes ask each server as often, whatever the share. */
function flowOf(
  { metrics, servers }: ReleaseSpec,
  { metric, requestsPerSecond }: Place,
  meantBp: number,
): Pick<Situation, 'requests' | 'part'> {
  if (!isProbeMetric(metric))
    return { requests: (requestsPerSecond * metrics.intervalMs) / 1_000, part: meantBp / allUsersBp };
  const gray = servers.filter((server) => server.gray).length;
  const all = servers.filter((server) => server.gray || !server.spare).length;
  const each = metrics.kind === 'memory' ? 0 : (metrics.probe?.requests ?? 0);
  return { requests: each * all, part: gray / all };
}

/** With `hold` a person is asked at the end of the hold, though the watching goes on. */
const limitOf = ({ ramp }: Pick<ReleaseSpec, 'ramp'>, stage: StageSpec): number =>
  whenUndecided(ramp, stage).policy === 'hold' ? stage.holdMs : longestHoldMs(ramp, stage);

function metricOutlook(spec: ReleaseSpec, place: Place, situation: Situation): MetricOutlook {
  const { metric, rule, stage, index } = place;
  const required = rule.role === 'required';
  const afterMs = limitOf(spec, stage);
  const { medianMs, undecided } = required ? crossing(passWalk(situation), afterMs) : { medianMs: null, undecided: 0 };
  return {
    stage: `stage ${index + 1} of ${spec.ramp.stages.length}`,
    shareBp: stage.shareBp,
    metric,
    role: rule.role,
    passMargin: situation.passMargin,
    pass: needOf(situation, 1, medianMs),
    detect: ratios.map((ratio) => ({ ratio, need: detection(situation, ratio) })),
    undecided: required ? { afterMs, chance: undecided } : null,
  };
}

/** A ratio within the margin is tolerated for ever, and no rate is above 1. */
function detection(situation: Situation, ratio: number): Need | null {
  const { rule, baseRate } = situation;
  if (ratio <= rule.margin || baseRate * ratio > 1) return null;
  return needOf(situation, ratio, crossing(failWalk(situation, ratio), 0).medianMs);
}

function needOf({ intervalMs, requests, part, baseRate }: Situation, ratio: number, ms: number | null): Need | null {
  if (ms === null) return null;
  const grayRequests = (ms / intervalMs) * requests * part;
  return { ms, grayRequests: Math.round(grayRequests), grayBad: grayRequests * baseRate * ratio };
}

function advice(place: Place, situation: Situation, { stage, undecided }: MetricOutlook): string[] {
  if (undecided === null || !isHopeless(undecided.chance)) return [];
  const {
    metric,
    stage: { shareBp, holdMs },
  } = place;
  const { afterMs: limitMs, chance } = undecided;
  const limit = { limitMs, holds: limitMs / holdMs, undecided: chance };
  return [
    adviceFor({ where: `${stage}, ${metric}`, situation, ...limit, shareBp, followsShare: !isProbeMetric(metric) }),
  ];
}
