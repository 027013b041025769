/** What the load process is told, and what it tells: one line of numbers for each request, never retried. */

export interface LoadOrder {
  readonly url: string;
  readonly users: number;
  readonly keptLoops: number;
  readonly freshLoops: number;
  readonly pauseMs: number;
}

/** Times are of the machine's monotonic clock, the same in every process. */
export interface Asked {
  /** -1: no identity. */
  readonly user: number;
  readonly sentMs: number;
  readonly doneMs: number;
  readonly connection: 'kept' | 'fresh';
  /** The server that answered with status 200. */
  readonly server: string | null;
  /** Why it was lost. */
  readonly lost?: string;
}

export const userName = (n: number): string => `user-${n}`;

export const clockMs = (): number => Number(process.hrtime.bigint()) / 1e6;
