/** What a release will do, before it does anything: pure data, printed by `gray plan`. */
import type { PoolLoads } from './capacity.ts';
import type { Problem } from './errors.ts';
import type { ForwardPhase } from './phases.ts';
import { planProblems, planWarnings } from './plan/advice.ts';
import { planChecks, planGates, planUndecided } from './plan/decisions.ts';
import { planDuration } from './plan/duration.ts';
import { planServers } from './plan/servers.ts';
import { planSettings } from './plan/settings.ts';
import { planSteps } from './plan/steps.ts';
import type { ReleaseSpec } from './spec.ts';

export interface Plan {
  readonly target: string;
  readonly version: string;
  readonly digest: string;
  readonly servers: readonly PlannedServer[];
  /** In the order of the release, from deployment to completion. */
  readonly steps: readonly PlanStep[];
  readonly gates: readonly PlannedGate[];
  readonly undecided: readonly PlannedUndecided[];
  readonly checks: readonly PlannedCheck[];
  /** Everything the file may leave out, as it will be used. */
  readonly settings: readonly Setting[];
  readonly duration: PlanDuration;
  readonly warnings: readonly string[];
  /** Any of these refuses the release. */
  readonly problems: readonly Problem[];
}

export interface PlannedServer {
  readonly id: string;
  /** `host:port` */
  readonly address: string;
  readonly zone: string | null;
  readonly weight: number;
  readonly role: 'gray' | 'gray spare' | 'stable' | 'spare';
  /** 0: deployment; n: the nth batch of leveling; null: the plan ends before this server's turn. */
  readonly wave: number | null;
}

/** A stretch of the release in which nothing moves, and what each pool carries then. */
export interface PlanStep {
  readonly phase: ForwardPhase;
  readonly label: string;
  readonly shareBp: number;
  /** Names of the segments that join in this step; absent: none. */
  readonly segments?: readonly string[];
  readonly rest: 'stable' | 'gray';
  /** Users expected on gray; null where `audience.users` is not given. */
  readonly users: number | null;
  readonly loads: PoolLoads;
  /** Servers in a pool, both pools together. */
  readonly serving: number;
  /** Servers that change in this step. */
  readonly servers: readonly string[];
  readonly holdMs: number | null;
  /** Share right after an abort in this step: 0 until the first leveled batch; null past a point of no return. */
  readonly abortShareBp: number | null;
}

export interface PlannedGate {
  readonly after: string;
  readonly deadlineMs: number;
  readonly otherwise: 'rollback' | 'hold' | 'proceed';
  readonly pointOfNoReturn: boolean;
}

/** What happens at the end of a hold without a verdict. */
export interface PlannedUndecided {
  readonly stage: string;
  readonly follows: string;
}

export interface PlannedCheck {
  readonly phase: 'deploymentVerification' | 'grayVerification';
  readonly name: string;
  readonly repeat: number;
  readonly expects: string;
}

export interface Setting {
  readonly path: string;
  readonly value: string;
  /** The value that holds when the file says nothing. */
  readonly usual: boolean;
}

/** The longest counts every hold undecided for as long as it may be, every gate waited for, every time limit used up once. */
export interface PlanDuration {
  readonly shortestMs: number;
  readonly longestMs: number;
  readonly watchMs: number;
}

export function planRelease(spec: ReleaseSpec): Plan {
  const { steps, stuck } = planSteps(spec);
  return {
    target: spec.target,
    version: spec.artifact.version,
    digest: spec.artifact.digest,
    servers: planServers(spec, steps),
    steps,
    gates: planGates(spec),
    undecided: planUndecided(spec),
    checks: planChecks(spec),
    settings: planSettings(spec),
    duration: planDuration(spec, steps),
    warnings: planWarnings(spec, steps),
    problems: planProblems(spec, steps, stuck),
  };
}
