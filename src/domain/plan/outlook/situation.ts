/** Where a plan looks: each metric in each stage, with what the file and its user say of it. */
import { intervalsBefore } from '../../judge/before.ts';
import { passMarginOf } from '../../judge/sequential/fold.ts';
import { isProbeMetric } from '../../probe-metrics.ts';
import type { ReleaseSpec, SequentialJudgeSpec, SequentialRule, StageSpec } from '../../spec.ts';
import { allUsersBp, meantForGrayBp } from '../../split.ts';
import { longestHoldMs, whenUndecided } from '../../undecided.ts';
import type { Traffic } from '../outlook.ts';
import type { Situation } from './walks.ts';

/** One metric, in one stage. */
export interface Place extends Pick<Traffic, 'requestsPerSecond'> {
  readonly metric: string;
  readonly rule: SequentialRule;
  readonly baseRate: number;
  readonly stage: StageSpec;
  readonly index: number;
}

export function placesOf({ ramp }: ReleaseSpec, judge: SequentialJudgeSpec, traffic: Traffic): readonly Place[] {
  const { requestsPerSecond, baseRates } = traffic;
  return ramp.stages.flatMap((stage, index) =>
    Object.entries(judge.metrics).flatMap(([metric, rule]) => {
      const baseRate = baseRates[metric];
      return baseRate === undefined ? [] : [{ requestsPerSecond, metric, rule, baseRate, stage, index }];
    }),
  );
}

export function situationOf(spec: ReleaseSpec, judge: SequentialJudgeSpec, place: Place): Situation {
  const { rule, stage, index, baseRate } = place;
  const { intervalMs } = spec.metrics;
  const meantBp = meantForGrayBp(stage.shareBp, spec.audience.restBp);
  const weights = Object.values(judge.metrics).reduce((sum, { weight }) => sum + weight, 0);
  const inRelease = spec.ramp.stages.slice(0, index).reduce((sum, { holdMs }) => sum + holdMs, 0) / intervalMs;
  const before = inRelease + (isProbeMetric(place.metric) ? 0 : lookedBackOver(spec));
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

/** Intervals before the release, which only a source with a memory knows. */
const lookedBackOver = ({ metrics, judge }: Pick<ReleaseSpec, 'metrics' | 'judge'>): number =>
  metrics.kind === 'prometheus' ? intervalsBefore(judge) : 0;

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
export const limitOf = ({ ramp }: Pick<ReleaseSpec, 'ramp'>, stage: StageSpec): number =>
  whenUndecided(ramp, stage).policy === 'hold' ? stage.holdMs : longestHoldMs(ramp, stage);
