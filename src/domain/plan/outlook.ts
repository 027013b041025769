/** What the sequential judge will need in each stage: how much traffic, how long, and when there is no hope of a verdict. */
import { isProbeMetric } from '../probe-metrics.ts';
import type { ReleaseSpec, SequentialJudgeSpec, SequentialRule } from '../spec.ts';
import { allUsersBp } from '../split.ts';
import { adviceFor, isHopeless } from './outlook/advice.ts';
import { crossing } from './outlook/crossing.ts';
import { limitOf, type Place, partOf, placesOf, situationOf } from './outlook/situation.ts';
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
  /** By evidence; a `maxRate` may be broken sooner. */
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
    advice: [
      ...unforeseen(spec),
      ...found.flatMap(({ place, situation, outlook }) => advice(place, situation, outlook)),
    ],
  };
}

/** Lists and segments whose part of the traffic nobody can tell. */
const unforeseen = (spec: ReleaseSpec): string[] =>
  spec.ramp.stages.flatMap((stage, index) =>
    partOf(spec, stage, index) > 0
      ? []
      : [
          `stage ${index + 1} of ${spec.ramp.stages.length}: no outlook without audience.users and the users of its segments`,
        ],
  );

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
  const { afterMs, chance } = undecided;
  const { shareBp, holdMs } = place.stage;
  const limit = { limitMs: afterMs, holds: afterMs / holdMs, undecided: chance };
  const followsShare = !isProbeMetric(place.metric) && situation.part * allUsersBp <= shareBp;
  return [adviceFor({ where: `${stage}, ${place.metric}`, situation, ...limit, shareBp, followsShare })];
}
