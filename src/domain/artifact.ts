/** What is deployed, and what a running process says it is. */

/** A build of the target. `digest` is `sha256:<64 hex>`; it pins the content behind the version's name. */
export interface Artifact {
  readonly version: string;
  readonly digest: string;
  /** Path or URL of the build. Absent where the build is only kept on the servers. */
  readonly source?: string;
}

/** Version and digest as reported by the running process, never as asked for. */
export interface RunningVersion {
  readonly version: string;
  readonly digest: string;
}

/** How to ask a server what it runs: an HTTP path and two JSON fields (`$.a.b`). */
export interface VersionProbe {
  readonly get: string;
  readonly version: string;
  readonly digest: string;
}

export const sameBuild = (one: RunningVersion, other: RunningVersion): boolean =>
  one.version === other.version && one.digest === other.digest;
