/** The port to whatever puts a version on a server. */
import type { Artifact, RunningVersion, VersionProbe } from '../../domain/artifact.ts';
import type { ServerSpec } from '../../domain/server.ts';

export interface Deployer {
  /** What the running process itself reports, and the base recorded on the server. A dead server is `running: null`, not an error. */
  read(server: ServerSpec): Promise<ServerReading>;

  /**
   * Converges `server` on `artifact` and returns what then runs, read back from the process. Records the base before
   * the switch. Safe to repeat after a crash at any line; already there and healthy changes nothing. The fence is
   * checked and kept at the server, under its lock: an older one throws `staleFence`. The caller has drained the server.
   */
  deploy(order: DeployOrder): Promise<RunningVersion>;

  /** Whether `artifact` could be deployed to `server` now: kept there, or its source readable with the right digest. */
  available(artifact: Artifact, server: ServerSpec): Promise<Availability>;
}

export interface ServerReading {
  readonly running: RunningVersion | null;
  /** Why `running` is null. */
  readonly reason?: string;
  /** What the server ran before the last release changed it, as recorded by the deployer. */
  readonly base: RecordedBase | null;
  /** Highest fence seen; 0 for a server no release has touched. */
  readonly fence: number;
}

export interface RecordedBase {
  readonly artifact: Artifact;
  /** The release that recorded it. */
  readonly release: string;
}

export interface DeployOrder {
  readonly server: ServerSpec;
  readonly artifact: Artifact;
  readonly release: string;
  readonly fence: number;
  /** Set when the new version goes on: what the server runs now is recorded as base for `release`, once. */
  readonly recordBase: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (step: string) => void;
}

export type Availability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What every deployer adapter is made from. */
export interface DeployerContext {
  readonly target: string;
  readonly version: VersionProbe;
}
