/** The release walked through on paper: share, rest and loads of every step, by the arithmetic the workflow uses. */
import type { Capacity } from '../capacity.ts';
import { floorShareBp, poolLoads } from '../capacity.ts';
import type { Candidate, LevelingLimits } from '../leveling.ts';
import { nextLevelingBatch } from '../leveling.ts';
import { floorLimit, zoneLimit } from '../limits.ts';
import type { PlanStep } from '../plan.ts';
import { expectedIn, segmentsBpUpTo, segmentsUpTo } from '../segments.ts';
import type { ServerSpec } from '../server.ts';
import { totalWeight } from '../server.ts';
import type { ReleaseSpec } from '../spec.ts';
import { allUsersBp } from '../split.ts';

export interface Steps {
  readonly steps: readonly PlanStep[];
  /** Leveling came to a point where not even one server could leave. */
  readonly stuck: boolean;
}

export function planSteps(spec: ReleaseSpec): Steps {
  const before = [...beforeUsers(spec), ...stages(spec)];
  const leveling = levelingSteps(spec, before.at(-1)?.shareBp ?? 0);
  const after = leveling.stuck ? [] : [watchStep(spec)];
  return { steps: [...before, ...leveling.steps, ...after], stuck: leveling.stuck };
}

type Draft = Pick<PlanStep, 'phase' | 'label' | 'serving'> &
  Partial<PlanStep> & {
    /** Stages whose segments are on gray; absent: none. */
    readonly stages?: number;
  };

/** Fills in what a step does not say: nobody on gray, nothing changes, an abort goes to 0. */
function step(spec: ReleaseSpec, capacity: Capacity, { stages, ...draft }: Draft): PlanStep {
  const split = { shareBp: draft.shareBp ?? 0, rest: draft.rest ?? ('stable' as const) };
  return {
    servers: [],
    holdMs: null,
    abortShareBp: 0,
    users: expectedUsers(spec, draft, stages),
    loads: poolLoads(capacity, split, spec.audience.restBp, segmentsBpUpTo(spec, stages ?? 0)),
    ...split,
    ...draft,
  };
}

/** Lists apply from the period switch on; always-stable users follow `rest`. */
function expectedUsers(spec: ReleaseSpec, { phase, shareBp = 0, rest }: Draft, stages = 0): number | null {
  const { audience } = spec;
  if (phase === 'deployment' || phase === 'grayVerification') return 0;
  if (audience.users === undefined) return null;
  return usersOnGray(spec, audience.users, { shareBp, rest, stages });
}

interface Rung {
  readonly shareBp: number;
  readonly rest?: 'stable' | 'gray' | undefined;
  readonly stages: number;
}

/** Of `users`: listed ones, those in the segments of the first `stages` stages, and the share of the others. */
export function usersOnGray(spec: ReleaseSpec, users: number, { shareBp, rest, stages }: Rung): number {
  const { alwaysGray, alwaysStable } = spec.audience;
  const inSegments = expectedIn(segmentsUpTo(spec, stages));
  const hashed = Math.max(0, users - alwaysGray.length - alwaysStable.length - inSegments);
  const listed = alwaysGray.length + (rest === 'gray' ? alwaysStable.length : 0);
  return Math.min(users, listed + inSegments + Math.round((hashed * shareBp) / allUsersBp));
}

const weightOf = (spec: ReleaseSpec, wanted: (server: ServerSpec) => boolean): number =>
  totalWeight(spec.servers.filter(wanted));

/** The gray servers are back, in the gray pool. */
const rampCapacity = (spec: ReleaseSpec): Capacity => ({
  gray: weightOf(spec, (server) => server.gray),
  stable: weightOf(spec, (server) => !server.gray && !server.spare),
  all: weightOf(spec, (server) => !server.spare),
});

const stableCount = ({ servers }: ReleaseSpec): number => servers.filter(({ gray, spare }) => !gray && !spare).length;

/** With the gray servers in their pool. */
const allServing = (spec: ReleaseSpec): number => stableCount(spec) + spec.servers.filter(({ gray }) => gray).length;

function beforeUsers(spec: ReleaseSpec): PlanStep[] {
  const capacity = rampCapacity(spec);
  const serving = allServing(spec);
  const servers = spec.servers.filter((server) => server.gray).map(({ id }) => id);
  const changing = { servers, serving: stableCount(spec) };
  return [
    step(spec, { ...capacity, gray: 0 }, { phase: 'deployment', label: 'deployment', ...changing }),
    step(spec, capacity, { phase: 'grayVerification', label: 'gray verification', serving }),
    step(spec, capacity, { phase: 'periodSwitch', label: 'period switch', serving }),
  ];
}

const stages = (spec: ReleaseSpec): PlanStep[] =>
  spec.ramp.stages.map(({ shareBp, holdMs, segments }, index) => {
    const label = `stage ${index + 1} of ${spec.ramp.stages.length}`;
    const stages = index + 1;
    const joining = segments === undefined ? {} : { segments };
    return step(spec, rampCapacity(spec), {
      phase: 'ramp',
      label,
      shareBp,
      holdMs,
      serving: allServing(spec),
      stages,
      ...joining,
    });
  });

function levelingSteps(spec: ReleaseSpec, rampShareBp: number): Steps {
  const limits = levelingLimits(spec);
  const steps: PlanStep[] = [];
  let left = candidates(spec);
  let capacity = rampCapacity(spec);
  let split: Pick<PlanStep, 'shareBp' | 'rest'> = { shareBp: rampShareBp, rest: 'stable' };
  while (left.length > 0) {
    const batch = nextLevelingBatch(left, spec.leveling.batch, capacity, split, limits);
    if (batch === null) return { steps, stuck: true };
    const { shareBp, rest, servers, loads } = batch;
    const leaving = left.filter(({ id, serving }) => serving && servers.includes(id));
    const weight = totalWeight(leaving);
    const during = { ...capacity, stable: capacity.stable - weight };
    const abortShareBp = pastReturn(spec) ? null : floorShareBp(during, limits.maxLoad, shareBp);
    const label = `batch ${steps.length + 1}`;
    const serving = allServing(spec) - leaving.length;
    const batchOf = { servers, loads, abortShareBp, serving, stages: spec.ramp.stages.length };
    steps.push(step(spec, during, { phase: 'leveling', label, shareBp, rest, ...batchOf }));
    left = left.filter(({ id }) => !servers.includes(id));
    capacity = { ...during, gray: capacity.gray + weight };
    split = { shareBp, rest };
  }
  return { steps, stuck: false };
}

const levelingLimits = (spec: ReleaseSpec): LevelingLimits => ({
  ...{ maxLoad: spec.capacity.maxLoad, restBp: spec.audience.restBp },
  segmentsBp: segmentsBpUpTo(spec, spec.ramp.stages.length),
  ...floorLimit(spec, allServing(spec)),
  ...zoneLimit(spec),
});

const candidates = (spec: ReleaseSpec): Candidate[] =>
  spec.servers
    .filter((server) => !server.gray)
    .map(({ id, weight, spare, zone }) => ({ id, weight, serving: !spare, ...(zone !== undefined && { zone }) }));

/** Everybody is on the new version, spare gray servers included; nobody is left on base, so an abort moves nobody at first. */
function watchStep(spec: ReleaseSpec): PlanStep {
  const { gray, stable, all } = rampCapacity(spec);
  const draft = { label: 'watch', shareBp: allUsersBp, rest: 'gray' as const, serving: allServing(spec) };
  return step(
    spec,
    { gray: gray + stable, stable: 0, all },
    {
      ...draft,
      phase: 'watch',
      holdMs: spec.watch.forMs,
      abortShareBp: pastReturn(spec) ? null : allUsersBp,
    },
  );
}

/** Leveling is the only point of no return there is. */
const pastReturn = ({ data }: ReleaseSpec): boolean => data.pointOfNoReturn === 'leveling';
