/** What the benchmark tells its workers. */

export interface WorkerOrder {
  /** URL of the deploy desk. */
  readonly desk: string;
  /** Files of the two workflow bundles. */
  readonly workflows: string;
  readonly baseline: string;
}

export const baselineQueue = 'bench-baseline';
