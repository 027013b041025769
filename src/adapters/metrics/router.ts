/**
 * The routers' own counters, read at the bounds of the intervals: what users got, also where no server answered. They are
 * counted per pool; which pool is gray is the route's to say. Every router process must answer: what a silent one let
 * through is unknown.
 */
import type { Arm, PoolName } from '../../domain/server.ts';
import { otherPool } from '../../domain/server.ts';
import type { RouterCounters, RouterMetricsSpec } from '../../domain/spec.ts';
import type { Counts, Interval, MetricReading } from '../../domain/verdict.ts';
import { increase } from './exposition-counters.ts';
import type { MetricSource, MetricWindow } from './port.ts';
import { moved } from './router-clients.ts';
import type { RouterSample } from './router-sample.ts';
import { isClients, sampleRouter } from './router-sample.ts';
import type { SamplesById } from './samples.ts';
import { Samples } from './samples.ts';
import { orAborted, waitUntil } from './wait.ts';

type Place = RouterCounters & { readonly id: string };

export function routerMetrics(spec: RouterMetricsSpec): MetricSource {
  const places = spec.from.map((from): Place => ({ ...from, id: `${from.kind} at ${from.at}` }));
  // Samples of clients are large, and a window asked again is a new one soon.
  const keptBounds = Object.values(spec.define).some(isClients) ? 4 : 16;
  const samples = new Samples({ sample: (place: Place) => sampleRouter(spec, place), parallel: 8, keptBounds });
  return {
    intervalMs: spec.intervalMs,
    measure: async (window): Promise<Interval> => {
      const { fromMs, toMs, signal } = window;
      await waitUntil(fromMs, signal);
      const opening = await orAborted(samples.at(fromMs, window, places), signal);
      await waitUntil(toMs, signal);
      const closing = await orAborted(samples.at(toMs, window, places), signal);
      const metrics = window.metrics.map((metric) => [
        metric,
        reading({ spec, metric, window, places, opening, closing }),
      ]);
      return { fromMs, toMs, metrics: Object.fromEntries(metrics) };
    },
  };
}

interface Question {
  readonly spec: RouterMetricsSpec;
  readonly metric: string;
  readonly window: MetricWindow;
  readonly places: readonly Place[];
  readonly opening: SamplesById<RouterSample>;
  readonly closing: SamplesById<RouterSample>;
}

function reading(question: Question): MetricReading {
  const { spec, metric, window, places } = question;
  if (!Object.hasOwn(spec.define, metric)) {
    return { unusable: `metrics.define has no ${metric}; it has ${Object.keys(spec.define).join(', ')}` };
  }
  const sides = sidesAsked(window);
  if (sides === null) return { unusable: 'nobody said which pool is stable' };
  const problems = new Set<string>();
  const sum = (arm: Arm): Counts => {
    const counts = { total: 0, bad: 0 };
    for (const { id, kind } of places) {
      // The embedded router counts by arm.
      for (const pool of kind === 'embedded' ? sides[arm].slice(0, 1) : sides[arm]) {
        const grown = grownAt(question, id, { arm, pool });
        if (typeof grown === 'string') problems.add(`${id}: ${grown}`);
        else counts.total += grown.total;
        if (typeof grown !== 'string') counts.bad += grown.bad;
      }
    }
    return counts;
  };
  const counts = { gray: sum('gray'), stable: sum('stable') };
  return problems.size === 0 ? { counts } : { unusable: [...problems].slice(0, 3).join('; ') };
}

/** The pools of each arm. Where nobody asks for gray, all there is is stable. */
function sidesAsked({ stablePool, arms }: MetricWindow): Readonly<Record<Arm, readonly PoolName[]>> | null {
  if (stablePool !== undefined) return { gray: [otherPool(stablePool)], stable: [stablePool] };
  return arms.gray.length === 0 ? { gray: [], stable: ['a', 'b'] } : null;
}

interface Side {
  readonly arm: Arm;
  readonly pool: PoolName;
}

/** One process's part, or why there is none. */
function grownAt({ metric, spec, opening, closing }: Question, id: string, side: Side): Counts | string {
  const [first, last] = [opening.get(id), closing.get(id)];
  if (first === undefined || last === undefined) return 'was not read';
  if ('failed' in last) return last.failed;
  if ('failed' in first) return `at the start of the interval: ${first.failed}`;
  const rule = spec.define[metric];
  if (rule !== undefined && isClients(rule)) return clientsGrown(first, last, side);
  const [before, after] = [countersOf(first, metric, side), countersOf(last, metric, side)];
  if (before === undefined || after === undefined) return 'was not read for this metric';
  if ('unusable' in after) return after.unusable;
  if ('unusable' in before) return `at the start of the interval: ${before.unusable}`;
  return increase(before, after, hasRestarted(first, last));
}

function countersOf({ counted }: RouterSample, metric: string, { arm, pool }: Side) {
  const sides = counted[metric];
  return sides?.[arm] ?? sides?.[pool];
}

function clientsGrown(first: RouterSample, last: RouterSample, { arm, pool }: Side): Counts | string {
  const of = ({ clients }: RouterSample) => clients?.[arm] ?? clients?.[pool];
  const [before, after] = [of(first), of(last)];
  if (before === undefined || after === undefined) return 'counts no distinct clients';
  if ('unusable' in after) return after.unusable;
  if ('unusable' in before) return `at the start of the interval: ${before.unusable}`;
  const fresh = hasRestarted(first, last);
  const total = moved(before.requests, after.requests, fresh);
  return { total, bad: Math.min(total, moved(before.failed, after.failed, fresh)) };
}

/** A start time worked out from an uptime is a second off now and then; the process id and the counters tell the rest. */
const hasRestarted = (first: RouterSample, last: RouterSample): boolean =>
  first.pid !== last.pid ||
  (first.startedS !== undefined && last.startedS !== undefined && last.startedS - first.startedS > 2);
