/** The port to whatever splits the traffic. All writes set a desired state; none increments. */
import type { VersionProbe } from '../../domain/artifact.ts';
import type { DesiredRoute, RouteState, Segment } from '../../domain/route.ts';
import type { Arm, ServerSpec } from '../../domain/server.ts';
import type { ProbeUser } from '../../domain/split.ts';
import type { UserHash } from '../../domain/user-hash.ts';

export interface Router {
  readonly abilities: RouterAbilities;

  /** The route in force and what the router sees of each server. Repeats are free. Throws a fault when unreachable. */
  read(): Promise<RouteState>;

  /**
   * Makes `desired` the whole state: servers enter pools, then the split changes in one atomic step, then servers
   * leave. Durable before it is effective. A repeat of the route in force changes nothing. An older fence, or the same
   * fence with another content, throws `staleFence` with the fence that was seen; that refusal is final.
   */
  apply(desired: DesiredRoute): Promise<RouteState>;

  /** Proves that real requests follow `desired`. Only reads and probes; a repeat costs some requests. Never throws for a mismatch. */
  confirm(request: ConfirmRequest): Promise<Confirmation>;

  /**
   * Returns when none of `servers` (already out of their pool, or without new requests) has an open session, or after
   * `patienceMs`, when it closes what is left. A repeat finds them drained.
   */
  drain(request: DrainRequest): Promise<Drained>;
}

/** What a router can do, as data. */
export interface RouterAbilities {
  readonly kind: string;
  /** By which it draws users; absent: xxh32. */
  readonly hash?: UserHash;
  /** Smallest step of the share, basis points. */
  readonly granularityBp: number;
  readonly sticky: boolean;
  readonly monotone: boolean;
  readonly atomic: boolean;
  readonly dropsOnChange: boolean;
  readonly survivesRestart: boolean;
  readonly closesSessions: boolean;
}

export interface ConfirmRequest {
  readonly desired: DesiredRoute;
  readonly version: VersionProbe;
  /** The version every answer of an arm must carry; null where the arm's pool is mixed or not yet known. */
  readonly expected: Readonly<Record<Arm, string | null>>;
  /** Users that used to be on a list and must no longer reach gray by it. */
  readonly formerly: readonly string[];
  /** Segments that do not apply: their requests must not reach gray by them. */
  readonly formerSegments?: readonly Segment[];
  /** The instance that `apply` returned: a restart since then is a problem. Absent: only one while users are asked. */
  readonly since?: string;
}

export interface Confirmation {
  readonly ok: boolean;
  /** Sentences, one per difference; empty when `ok`. */
  readonly problems: readonly string[];
  readonly probes: readonly ProbeResult[];
  /** Changes when the router was reloaded or restarted. */
  readonly instance: string;
}

export interface ProbeResult extends ProbeUser {
  readonly answeredBy: Arm | null;
  readonly version: string | null;
  readonly ok: boolean;
  readonly error?: string;
}

export interface DrainRequest {
  readonly servers: readonly string[];
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
}

export interface Drained {
  /** Sessions closed by force, per server; a missing server had none. */
  readonly closed: Readonly<Record<string, number>>;
}

/** What every router adapter is made from. */
export interface RouterContext {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
}
