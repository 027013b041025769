/** Where a plan looks: each metric in each stage, with what the file and its user say of it. */
import { intervalsBefore } from '../../judge/before.ts';
import { passMarginOf } from '../../judge/sequential/fold.ts';
import { isProbeMetric } from '../../probe-metrics.ts';
import { segmentsUpTo } from '../../segments.ts';
import type { ReleaseSpec, SequentialJudgeSpec, SequentialRule, StageSpec } from '../../spec.ts';
import { allUsersBp, meantForGrayBp } from '../../split.ts';
import { longestHoldMs, whenUndecided } from '../../undecided.ts';
import type { Traffic } from '../outlook.ts';
import { usersOnGray } from '../steps.ts';
import type { Situation } from './walks.ts';

/** One metric, in one stage. */
export interface Place extends Pick<Traffic, 'requestsPerSecond'> {
  readonly metric: string;
  readonly rule: SequentialRule;
  readonly baseRate: number;
  readonly stage: StageSpec;
  readonly index: number;
}

export function placesOf(spec: ReleaseSpec, judge: SequentialJudgeSpec, traffic: Traffic): readonly Place[] {
  const { requestsPerSecond, baseRates } = traffic;
  return spec.ramp.stages.flatMap((stage, index) =>
    Object.entries(judge.metrics).flatMap(([metric, rule]) => {
      const baseRate = baseRates[metric];
      const unknown = !isProbeMetric(metric) && partOf(spec, stage, index) === 0;
      return baseRate === undefined || unknown ? [] : [{ requestsPerSecond, metric, rule, baseRate, stage, index }];
    }),
  );
}

export function situationOf(spec: ReleaseSpec, judge: SequentialJudgeSpec, place: Place): Situation {
  const { rule, stage, index, baseRate } = place;
  const { intervalMs } = spec.metrics;
  const weights = Object.values(judge.metrics).reduce((sum, { weight }) => sum + weight, 0);
  const inRelease = spec.ramp.stages.slice(0, index).reduce((sum, { holdMs }) => sum + holdMs, 0) / intervalMs;
  const before = inRelease + (isProbeMetric(place.metric) ? 0 : lookedBackOver(spec));
  return {
    judge,
    rule,
    budget: rule.weight / weights,
    passMargin: passMarginOf(rule, meantIn(spec, stage, index)),
    baseRate,
    intervalMs,
    before,
    ...flowOf(spec, place),
  };
}

/** Intervals before the release, which only a source with a memory knows. */
const lookedBackOver = ({ metrics, judge }: Pick<ReleaseSpec, 'metrics' | 'judge'>): number =>
  metrics.kind === 'prometheus' ? intervalsBefore(judge) : 0;

/** As the observation will say it: of segments nobody knows how much they send. */
const meantIn = (spec: ReleaseSpec, { shareBp }: StageSpec, index: number): { readonly meantBp?: number } =>
  segmentsUpTo(spec, index + 1).length > 0 ? {} : { meantBp: meantForGrayBp(shareBp, spec.audience.restBp) };

/** Part of all requests expected on gray: that of the users, where their number is known; 0: nobody knows. */
export function partOf(spec: ReleaseSpec, { shareBp }: StageSpec, index: number): number {
  const { users, restBp } = spec.audience;
  if (users === undefined) return meantForGrayBp(shareBp, restBp) / allUsersBp;
  const onGray = usersOnGray(spec, users, { shareBp, stages: index + 1 });
  return (onGray / users) * (1 - restBp / allUsersBp);
}

/** Probes ask each server as often, whatever the share. */
function flowOf(
  spec: ReleaseSpec,
  { metric, requestsPerSecond, stage, index }: Place,
): Pick<Situation, 'requests' | 'part'> {
  const { metrics, servers } = spec;
  if (!isProbeMetric(metric))
    return { requests: (requestsPerSecond * metrics.intervalMs) / 1_000, part: partOf(spec, stage, index) };
  const gray = servers.filter((server) => server.gray).length;
  const all = servers.filter((server) => server.gray || !server.spare).length;
  const each = metrics.kind === 'memory' ? 0 : (metrics.probe?.requests ?? 0);
  return { requests: each * all, part: gray / all };
}

/** With `hold` a person is asked at the end of the hold, though the watching goes on. */
export const limitOf = ({ ramp }: Pick<ReleaseSpec, 'ramp'>, stage: StageSpec): number =>
  whenUndecided(ramp, stage).policy === 'hold' ? stage.holdMs : longestHoldMs(ramp, stage);
