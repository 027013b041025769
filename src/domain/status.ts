/** One type for the status Query, the result, CLI JSON and the details in the Web UI. */
import type { Command } from './actions.ts';
import { allowedNow, excludable } from './actions.ts';
import type { RunningVersion } from './artifact.ts';
import type { PoolLoads } from './capacity.ts';
import { poolLoads } from './capacity.ts';
import { capacityOf } from './desired.ts';
import type { Outcome, Period, Phase } from './phases.ts';
import { type Rehearsed, rehearsedIn } from './rehearsal.ts';
import { segmentsBpNow } from './segments.ts';
import type { Arm, Place } from './server.ts';
import type { ReleaseMode, ReleaseRequest } from './spec.ts';
import type { Decree, Gate, JournalEntry, ReleaseState, ServerState, StageClock, Waiting } from './state.ts';
import type { Verdict } from './verdict.ts';

export interface Status {
  /** Shape of this object; grows with incompatible changes. */
  readonly schema: 1;
  readonly target: string;
  readonly release: string;
  readonly requestId: string;
  readonly mode: ReleaseMode;
  readonly version: string;
  readonly digest: string;
  readonly by: string;
  readonly reason: string;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;

  readonly phase: Phase;
  readonly period: Period;
  readonly outcome: Outcome | null;
  readonly shareBp: number;
  readonly rest: 'stable' | 'gray';
  readonly fence: number;
  readonly stablePool: 'a' | 'b';
  readonly loads: PoolLoads;
  readonly stage: StageStatus | null;
  readonly servers: readonly ServerStatus[];
  readonly verdict: Verdict | null;
  /** Only in a rehearsal. */
  readonly rehearsed?: Rehearsed;
  readonly failure: string | null;
  readonly held: boolean;
  readonly paused: Decree | null;
  readonly stop: Decree | null;
  readonly gate: Gate | null;
  readonly waiting: Waiting | null;
  readonly stuck: readonly string[];
  readonly excluded: readonly string[];
  /** What an operator may do now. */
  readonly may: readonly Command[];
  readonly mayExclude: readonly string[];
  readonly journal: readonly JournalEntry[];
  /** Set by `releaseStatus` where the answer does not come from the workflow itself. */
  readonly stale?: string;
  /** Running activities as their heartbeats tell, merged in by `releaseStatus`. */
  readonly activities?: readonly ActivityStatus[];
}

export interface StageStatus {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly shareBp: number;
  /** Names of the segments that joined with this stage; absent: none. */
  readonly segments?: readonly string[];
  readonly clock: StageClock | null;
}

export interface ServerStatus {
  readonly id: string;
  readonly arm: Arm | 'out';
  readonly place: Place;
  readonly build: ServerState['build'];
  readonly running: RunningVersion | null;
  readonly up: boolean;
  readonly openSessions: number;
  readonly excluded: Decree | null;
  readonly problem: string | null;
}

export interface ActivityStatus {
  readonly name: string;
  readonly attempt: number;
  readonly lastFailure?: string;
  /** The heartbeat, as the activity wrote it. */
  readonly progress?: unknown;
}

export interface StatusFacts {
  readonly release: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
}

export function statusOf(request: ReleaseRequest, state: ReleaseState, facts: StatusFacts): Status {
  const { spec } = request;
  return {
    schema: 1,
    target: spec.target,
    release: facts.release,
    requestId: request.requestId,
    mode: request.mode,
    version: spec.artifact.version,
    digest: spec.artifact.digest,
    by: request.by,
    reason: request.reason,
    startedAtMs: facts.startedAtMs,
    updatedAtMs: facts.nowMs,
    ...pick(state),
    ...(request.mode === 'rehearsal' && { rehearsed: rehearsedIn(state.fold) }),
    loads: poolLoads(capacityOf(state, spec), state, spec.audience.restBp, segmentsBpNow(state, spec)),
    stage: stageStatus(request, state),
    servers: spec.servers.flatMap(({ id }) => serverStatus(state, id)),
    failure: state.failure?.reason ?? null,
    stop: state.stop,
    excluded: Object.entries(state.servers).flatMap(([id, server]) => (server.excluded === null ? [] : [id])),
    may: allowedNow(state),
    mayExclude: excludable(state),
  };
}

function pick(state: ReleaseState) {
  const {
    phase,
    period,
    outcome,
    shareBp,
    rest,
    fence,
    stablePool,
    verdict,
    held,
    paused,
    gate,
    waiting,
    stuck,
    journal,
  } = state;
  return {
    phase,
    period,
    outcome,
    shareBp,
    rest,
    fence,
    stablePool,
    verdict,
    held,
    paused,
    gate,
    waiting,
    stuck,
    journal,
  };
}

function stageStatus({ spec, mode }: ReleaseRequest, state: ReleaseState): StageStatus | null {
  const stage = spec.ramp.stages[state.stage];
  if (mode === 'rollback' || state.phase !== 'ramp' || stage === undefined) return null;
  const { shareBp, segments } = stage;
  const joined = segments === undefined ? {} : { segments };
  return { number: state.stage + 1, of: spec.ramp.stages.length, shareBp, ...joined, clock: state.clock };
}

function serverStatus(state: ReleaseState, id: string): ServerStatus[] {
  const server = state.servers[id];
  if (server === undefined) return [];
  const arm = server.place === 'out' ? 'out' : server.place === state.stablePool ? 'stable' : 'gray';
  const { place, build, running, up, openSessions, excluded, problem } = server;
  return [{ id, arm, place, build, running, up, openSessions, excluded, problem }];
}
