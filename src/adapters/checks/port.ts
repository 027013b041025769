/** The port to verification: one check, asked at a server or through the router. */
import type { RunningVersion, VersionProbe } from '../../domain/artifact.ts';
import type { ServerSpec } from '../../domain/server.ts';
import type { Check, IdentitySpec } from '../../domain/spec.ts';

/** Runs a check with its repeats. Never throws for a failing check. */
export type CheckRunner = (check: Check, where: CheckPlace, signal?: AbortSignal) => Promise<CheckResult>;

export type CheckPlace = CheckContext & (AtServer | ThroughRouter);

export interface CheckContext {
  readonly target: string;
  readonly version: VersionProbe;
  /** The version that must answer where a check expects `version: true`. */
  readonly expected: RunningVersion;
}

export interface AtServer {
  readonly at: 'server';
  readonly server: ServerSpec;
}

export interface ThroughRouter {
  readonly at: 'router';
  /** Base URL of the entrance users take. */
  readonly entrance: string;
  readonly identity: IdentitySpec;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** Attempts made and how many of them failed. */
  readonly runs: number;
  readonly failures: number;
  /** The first failure, in one sentence: what was expected, what came. */
  readonly problem?: string;
}
