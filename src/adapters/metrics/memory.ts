/**
 * Metrics without servers, for tests and dry runs. Traffic is a script over time: rates that hold from a moment on, and
 * single events. Asking twice gives the same counts, and windows side by side share nothing and lose nothing.
 */
import type { Arm } from '../../domain/server.ts';
import type { MemoryMetricsSpec } from '../../domain/spec.ts';
import type { Counts, Interval, MetricReading } from '../../domain/verdict.ts';
import type { MetricSource, MetricWindow } from './port.ts';
import { waitUntil } from './wait.ts';

/** Requests per second, and which part of them is bad. */
export interface Load {
  readonly perSecond: number;
  readonly badRate: number;
}

type Script = Load | 'unusable' | 'nan';

interface Turn {
  readonly sinceMs: number;
  readonly metric: string;
  readonly arm: Arm;
  readonly script: Script;
}

interface Events extends Counts {
  readonly atMs: number;
  readonly metric: string;
  readonly arm: Arm;
}

/** What a test holds in its hand; the source reads it at every measurement. */
export class MetricScript {
  /** False: answers at once, for windows in virtual time. */
  waits = true;
  #away: string | null = null;
  #turns: Turn[] = [];
  #events: Events[] = [];

  /** From `sinceMs` on (always, when not said) `arm` has this load. A metric of `*` stands for every other one. */
  set(metric: string, arm: Arm, script: Script, sinceMs = Number.NEGATIVE_INFINITY): this {
    const replaced = (turn: Turn) => turn.metric === metric && turn.arm === arm && turn.sinceMs >= sinceMs;
    this.#turns = [...this.#turns.filter((turn) => !replaced(turn)), { sinceMs, metric, arm, script }];
    return this;
  }

  /** Single requests on top of the rates, now unless said otherwise. */
  add(metric: string, arm: Arm, counts: Counts, atMs = Date.now()): this {
    this.#events.push({ ...counts, metric, arm, atMs });
    return this;
  }

  goAway(reason = 'the metric source is away'): void {
    this.#away = reason;
  }

  comeBack(): void {
    this.#away = null;
  }

  /** As new. */
  clear(): void {
    this.waits = true;
    this.#away = null;
    this.#turns = [];
    this.#events = [];
  }

  reading(metric: string, { fromMs, toMs }: Pick<MetricWindow, 'fromMs' | 'toMs'>): MetricReading {
    if (this.#away !== null) return { unusable: this.#away };
    if (!this.#knows(metric)) return { unusable: `no script for metric ${metric}` };
    const gray = this.#counts(metric, 'gray', fromMs, toMs);
    const stable = this.#counts(metric, 'stable', fromMs, toMs);
    return typeof gray === 'string' || typeof stable === 'string'
      ? { unusable: [gray, stable].filter((found) => typeof found === 'string').join('; ') }
      : { counts: { gray, stable } };
  }

  #knows(metric: string): boolean {
    return [...this.#turns, ...this.#events].some((entry) => entry.metric === metric || entry.metric === '*');
  }

  #counts(metric: string, arm: Arm, fromMs: number, toMs: number): Counts | string {
    let total = 0;
    let bad = 0;
    for (const { script, beganMs, endedMs } of this.#spans(metric, arm, fromMs, toMs)) {
      if (script === 'unusable') return `${metric} of ${arm} cannot be measured`;
      if (script === 'nan') return `${metric} of ${arm} is NaN`;
      total += passed(script.perSecond, beganMs, endedMs);
      bad += passed(script.perSecond * script.badRate, beganMs, endedMs);
    }
    for (const event of this.#events) {
      if (event.metric !== metric || event.arm !== arm || event.atMs < fromMs || event.atMs >= toMs) continue;
      total += event.total;
      bad += event.bad;
    }
    return { total, bad: Math.min(bad, total) };
  }

  /** The parts of the window, each with the one script that holds there. */
  #spans(metric: string, arm: Arm, fromMs: number, toMs: number) {
    const own = this.#turns.filter((turn) => turn.arm === arm && turn.metric === metric);
    const turns = own.length > 0 ? own : this.#turns.filter((turn) => turn.arm === arm && turn.metric === '*');
    const sorted = turns.toSorted((one, other) => one.sinceMs - other.sinceMs);
    return sorted
      .map(({ script, sinceMs }, index) => ({
        script,
        beganMs: Math.max(fromMs, sinceMs),
        endedMs: Math.min(toMs, sorted[index + 1]?.sinceMs ?? toMs),
      }))
      .filter(({ beganMs, endedMs }) => beganMs < endedMs);
  }
}

/** Whole events of a steady rate between two moments: additive over neighbouring windows. */
const passed = (perSecond: number, fromMs: number, toMs: number): number =>
  Math.floor((perSecond * toMs) / 1_000) - Math.floor((perSecond * fromMs) / 1_000);

/** The script that `createMetricSource({ kind: 'memory' })` reads. */
export const sharedMetricScript = new MetricScript();

export function memoryMetrics(spec: MemoryMetricsSpec, script = sharedMetricScript): MetricSource {
  return {
    intervalMs: spec.intervalMs,
    measure: async (window): Promise<Interval> => {
      if (script.waits) await waitUntil(window.toMs, window.signal);
      window.signal?.throwIfAborted();
      const { fromMs, toMs } = window;
      const metrics = window.metrics.map((metric) => [metric, script.reading(metric, window)]);
      return { fromMs, toMs, metrics: Object.fromEntries(metrics) };
    },
  };
}
