/** Sections that shape the lifecycle: audience, ramp, data, deployment, leveling, exception. */
import type { Segment } from '../route.ts';

export interface AudienceSpec {
  /** Users on the new version from the period switch on. */
  readonly alwaysGray: readonly string[];
  /** Users who stay on the base version as long as it can carry them. */
  readonly alwaysStable: readonly string[];
  /** Test users of gray verification. */
  readonly testUsers: readonly string[];
  /** Expected part of the requests that `rest` decides (no identity, or always stable), basis points. For the plan. */
  readonly restBp: number;
  /** Fixed salt of the user hash; by default every release draws its own users. No `|`, `:` or white space. */
  readonly salt?: string;
  /** Users with an identity, for the plan. */
  readonly users?: number;
  /** What stages can name; absent: none. */
  readonly segments?: readonly AudienceSegment[];
}

export interface AudienceSegment extends Segment {
  /** Expected users, for the plan and the loads. */
  readonly users?: number;
}

export interface RampSpec {
  readonly stages: readonly StageSpec[];
  /** `extend`: a stage without a verdict ends after patience × hold. */
  readonly patience: number;
  /** For every stage that does not say; absent in releases begun before there was a choice: extend. */
  readonly undecided?: Undecided;
  /** `hold`: longest wait for an operator or a verdict, then rollback; absent: a day. */
  readonly answerWithinMs?: number;
  /** Users on gray in any stage, listed ones included; a plan with more is refused. */
  readonly maxUsers?: number;
}

/** What happens at the end of a hold without a verdict; see `whenUndecided`. */
export type Undecided = 'extend' | 'hold' | 'rollback';

export interface StageSpec {
  /** 0: only lists and segments. */
  readonly shareBp: number;
  /** Names of the segments that reach gray from this stage on. */
  readonly segments?: readonly string[];
  readonly holdMs: number;
  readonly undecided?: Undecided;
  readonly approval?: ApprovalSpec;
}

export interface ApprovalSpec {
  readonly deadlineMs: number;
  /** What happens when nobody answers. In leveling `hold` keeps the servers where they are. */
  readonly otherwise: 'rollback' | 'hold' | 'proceed';
}

export interface CapacitySpec {
  /** Highest load of a pool; 1.0 is the load of normal operation. */
  readonly maxLoad: number;
  /** Servers that serve at every moment, both pools together; already counted out of a percentage. */
  readonly minServing?: number;
}

export interface DataSpec {
  /** Null: the file does not say, which the plan warns about. */
  readonly compatible: 'both' | 'forwardOnly' | null;
  /** From here on there is no rollback; entering it is a gate. */
  readonly pointOfNoReturn?: 'leveling';
}

export interface DeploymentSpec {
  /** A stable server found on another version: brought to base, or the release is refused. */
  readonly strays: 'bring-to-base' | 'refuse';
  /** Servers deployed at the same time. */
  readonly parallel: number;
  /** Attempts per server before it counts as failed. */
  readonly attempts: number;
  /** Longest wait for open requests of a server before they are cut. */
  readonly drainMs: number;
}

export interface LevelingSpec {
  /** Servers per batch, already counted out of a percentage. */
  readonly batch: number;
  /** A batch takes servers of one zone, zone after zone. */
  readonly byZone?: boolean;
  /** From the return of a batch until the next one leaves. */
  readonly warmUpMs?: number;
  readonly approval?: ApprovalSpec;
  /** A server that does not come up: wait for an operator, or exception period at once. */
  readonly onServerFailure: 'exception' | 'wait';
}

export interface ExceptionSpec {
  /** A gray server that goes down so many times in one release is in a crash loop; absent: 3. */
  readonly crashLoop?: number;
  /** A route that somebody changed by hand is set again, or the release pauses and leaves it; absent: restore. */
  readonly onDrift?: 'restore' | 'hold';
  readonly policy: 'rollback' | 'hold';
  /** A hold that runs out rolls back. */
  readonly holdForMs: number;
  /** Open gray sessions are closed after this. */
  readonly drainMs: number;
  /** Servers per batch of the way back; absent: as many as the load allows. */
  readonly batch?: number;
  /** Servers deployed at the same time on the way back; absent: as many as on the way forward. */
  readonly parallel?: number;
}
