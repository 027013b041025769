/** The port to whatever counts requests. */
import type { Arm, PoolName, ServerSpec } from '../../domain/server.ts';
import type { Interval } from '../../domain/verdict.ts';

export interface MetricSource {
  /** Length of one interval, milliseconds. */
  readonly intervalMs: number;

  /** It can measure windows that ended before it was asked for the first time. */
  readonly looksBack?: boolean;

  /**
   * Counts per metric and arm for one closed interval, or per metric a stated reason why not. Never throws for missing
   * or odd data, and never returns a guess. The same window asked again gives the same counts where the source can.
   * Resolves no earlier than the source can know the interval; aborts with `signal`.
   */
  measure(window: MetricWindow): Promise<Interval>;
}

export interface MetricWindow {
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly arms: Readonly<Record<Arm, readonly ServerSpec[]>>;
  /** Which pool is called stable, where it is known. */
  readonly stablePool?: PoolName;
  /** Metric names the judge needs. */
  readonly metrics: readonly string[];
  readonly signal?: AbortSignal;
}
