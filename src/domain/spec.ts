/**
 * A release file after parsing: every default filled in, durations in milliseconds, shares in basis points.
 * It travels into the workflow as it is and never changes during a release. It names secrets, it never holds one.
 */

import type { Artifact, VersionProbe } from './artifact.ts';
import type { ServerSpec } from './server.ts';
import type { Check, HooksSpec } from './spec/checks.ts';
import type { DeployerSpec } from './spec/deployer.ts';
import type { JudgeSpec } from './spec/judge.ts';
import type {
  AudienceSpec,
  CapacitySpec,
  DataSpec,
  DeploymentSpec,
  ExceptionSpec,
  LevelingSpec,
  RampSpec,
} from './spec/lifecycle.ts';
import type { MetricsSpec } from './spec/metrics.ts';
import type { NotifierSpec } from './spec/notifier.ts';
import type { RouterSpec } from './spec/router.ts';

export type * from './spec/checks.ts';
export type * from './spec/deployer.ts';
export type * from './spec/judge.ts';
export type * from './spec/lifecycle.ts';
export type * from './spec/metrics.ts';
export type * from './spec/notifier.ts';
export type * from './spec/router.ts';

export interface ReleaseSpec {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  readonly version: VersionProbe;
  readonly artifact: Artifact;
  /** The build to return to, where it is not kept on the servers. */
  readonly base?: Artifact;
  readonly router: RouterSpec;
  readonly deployer: DeployerSpec;
  readonly metrics: MetricsSpec;
  readonly verify: { readonly deployment: readonly Check[]; readonly gray: readonly Check[] };
  readonly audience: AudienceSpec;
  readonly ramp: RampSpec;
  readonly judge: JudgeSpec;
  readonly capacity: CapacitySpec;
  readonly data: DataSpec;
  readonly hooks: HooksSpec;
  readonly deployment: DeploymentSpec;
  readonly leveling: LevelingSpec;
  readonly exception: ExceptionSpec;
  readonly watch: { readonly forMs: number };
  readonly notify: readonly NotifierSpec[];
}

/**
 * `rollback`: servers return to the base that was recorded on them. `rehearsal`: the running version is released to
 * itself up to the end of the ramp, and the judge is measured instead of obeyed.
 */
export type ReleaseMode = 'release' | 'rollback' | 'rehearsal';

/** What starts a release. */
export interface ReleaseRequest {
  readonly spec: ReleaseSpec;
  readonly mode: ReleaseMode;
  readonly by: string;
  readonly reason: string;
  /** The same id starts nothing twice. */
  readonly requestId: string;
}
