/** What the workflow hands to activities and gets back: plain JSON, no secrets, no functions. */
import type { ReleaseEvent } from '../src/adapters/notifier/port.ts';
import type { Artifact, RunningVersion, VersionProbe } from '../src/domain/artifact.ts';
import type { Problem } from '../src/domain/errors.ts';
import type { Period } from '../src/domain/phases.ts';
import type { DesiredRoute, Segment, ServerTraffic, Split } from '../src/domain/route.ts';
import type { Arm, PoolName, ServerSpec } from '../src/domain/server.ts';
import type {
  Check,
  CommandCheck,
  DeployerSpec,
  JudgeSpec,
  MetricsSpec,
  NotifierSpec,
  ReleaseRequest,
  RouterSpec,
} from '../src/domain/spec.ts';
import type { Fold, JudgeContext, Verdict } from '../src/domain/verdict.ts';

/** A router and the target it serves. */
export interface RouterAccess {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  readonly router: RouterSpec;
}

export interface RouteOrder extends RouterAccess {
  readonly version: VersionProbe;
  /** Carried out one after another; each has its own fence. */
  readonly steps: readonly RouteStep[];
}

export interface RouteStep {
  readonly desired: DesiredRoute;
  readonly confirm: Confirm | null;
  readonly drain: { readonly servers: readonly string[]; readonly patienceMs: number } | null;
}

export interface Confirm {
  readonly expected: Readonly<Record<Arm, string | null>>;
  readonly formerly: readonly string[];
  /** Absent: no segment waits for its stage or has left gray. */
  readonly formerSegments?: readonly Segment[];
  /** On the way to users a route that is not confirmed is a fault; on the way back it is reported and the way goes on. */
  readonly unconfirmed: 'fails' | 'isReported';
}

export interface RouteResult {
  readonly instance: string;
  readonly servers: Readonly<Record<string, ServerTraffic>>;
  /** Sessions closed by force, per server. */
  readonly closed: Readonly<Record<string, number>>;
  readonly unconfirmed: readonly string[];
}

export interface PreflightOrder {
  readonly request: ReleaseRequest;
}

export interface PreflightReport {
  /** Empty when the release may start. */
  readonly problems: readonly Problem[];
  /** The highest fence any router or server has seen. */
  readonly fence: number;
  readonly period: Period;
  readonly stable: PoolName;
  readonly shareBp: number;
  readonly rest: Split['rest'];
  readonly salt: Split['salt'];
  readonly instance: string;
  readonly servers: Readonly<Record<string, ServerFound>>;
}

export interface ServerFound {
  /** Null for a dead server, which only a rollback takes. */
  readonly running: RunningVersion | null;
  /** What this server returns to. */
  readonly base: Artifact;
  readonly place: PoolName | 'out';
  readonly up: boolean;
}

export interface ServersAccess {
  readonly target: string;
  readonly version: VersionProbe;
  readonly deployer: DeployerSpec;
}

export interface DeployOrder extends ServersAccess {
  readonly release: string;
  readonly fence: number;
  readonly items: readonly DeployItem[];
  readonly parallel: number;
  readonly attempts: number;
  /** Asked straight at each server once its version was read back; empty for none. */
  readonly checks: readonly Check[];
}

export interface DeployItem {
  readonly server: ServerSpec;
  readonly artifact: Artifact;
  readonly recordBase: boolean;
}

export interface ServerResult {
  readonly server: string;
  readonly ok: boolean;
  readonly running: RunningVersion | null;
  /** One sentence; present when not ok. */
  readonly problem?: string;
}

export interface CheckServersOrder extends ServersAccess {
  readonly servers: readonly ServerSpec[];
  readonly expected: Artifact;
  readonly checks: readonly Check[];
}

export interface CheckEntranceOrder extends RouterAccess {
  readonly version: VersionProbe;
  readonly expected: Artifact;
  readonly checks: readonly Check[];
}

export interface ChecksDone {
  readonly ok: boolean;
  /** One sentence per failed check. */
  readonly problems: readonly string[];
}

export interface ReadServersOrder extends ServersAccess {
  readonly servers: readonly ServerSpec[];
}

export interface ServerProof {
  readonly server: string;
  readonly running: RunningVersion | null;
  readonly reason?: string;
}

export interface ObserveOrder extends RouterAccess {
  readonly release: string;
  readonly metrics: MetricsSpec;
  readonly judge: JudgeSpec;
  /** A fail of the judge is counted and does not act; absolute limits do. */
  readonly rehearsal?: boolean;
  readonly rules: JudgeContext['rules'];
  readonly shareBp: number;
  /** Expected part of the requests that the share does not decide, basis points. */
  readonly restBp: number;
  /** What the router has to hold; null while leveling moves servers: the arms then follow the router. */
  readonly expect: DesiredRoute | null;
  readonly instance: string | null;
  /** Servers known not to be up. */
  readonly knownDown: readonly string[];
  readonly fold: Fold | null;
  /** Whose evidence this is, from 0. */
  readonly stage: number;
  /** The first observation of a stage: it needs a pass of its own. */
  readonly newStage: boolean;
  /** Into what the observation of a gate goes on, without a gap, once the gate is open. */
  readonly next: Next | null;
  /** Server time, epoch milliseconds. */
  readonly endAtMs: number;
  /** An extension of a hold ends as soon as there is a pass. */
  readonly endOnPass: boolean;
}

/** A stage begins when the router holds its route, leveling with the next write of the release. */
export type Next =
  | { readonly kind: 'stage'; readonly stage: number; readonly expect: DesiredRoute; readonly holdMs: number }
  | { readonly kind: 'leveling'; readonly stage: number };

export interface Observation {
  /** `asked`: the workflow cancelled it to get the fold. */
  readonly ended: 'time' | 'asked' | 'pass' | 'fail' | 'router' | 'servers';
  /** The stage that it had come to. */
  readonly stage: number;
  readonly verdict: Verdict;
  readonly fold: Fold;
  readonly down: readonly string[];
  /** What was seen at the router, in one sentence. */
  readonly note?: string;
}

export interface HookOrder extends ServersAccess {
  readonly hook: CommandCheck;
  readonly artifact: Artifact;
}

export interface NotifyOrder {
  readonly notifiers: readonly NotifierSpec[];
  readonly event: ReleaseEvent;
}
