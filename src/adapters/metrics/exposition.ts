/**
 * Scrapes each server's own /metrics at the bounds of the intervals. A sample stays with its bound, so windows side by
 * side cost one scrape per server and share no request. The first window takes its opening sample at once when it is
 * asked for in time; a bound that has passed without a sample leaves its windows unusable, never estimated. Every server
 * of an arm must answer: what a silent one served is unknown, and it may be silent because it is ill.
 */
import type { Arm, ServerSpec } from '../../domain/server.ts';
import type { ExpositionMetricsSpec } from '../../domain/spec.ts';
import type { Counts, Interval, MetricReading } from '../../domain/verdict.ts';
import { placeOf } from '../base-url.ts';
import { askServer } from '../server-request.ts';
import type { CountersOrReason } from './exposition-counters.ts';
import { increase, readCounters } from './exposition-counters.ts';
import { parseExposition } from './exposition-text.ts';
import type { MetricSource, MetricWindow } from './port.ts';
import type { Sampled, SamplesById } from './samples.ts';
import { Samples } from './samples.ts';
import { orAborted, waitUntil } from './wait.ts';

interface ServerSample {
  /** Epoch seconds, where the server says so. */
  readonly startedS: number | undefined;
  readonly metrics: Readonly<Record<string, CountersOrReason>>;
}

export function expositionMetrics(spec: ExpositionMetricsSpec): MetricSource {
  const sample = (server: ServerSpec) => scrapeServer(spec, server);
  const samples = new Samples({ sample, parallel: 32, keptBounds: 16 });
  return {
    intervalMs: spec.intervalMs,
    measure: async (window): Promise<Interval> => {
      const { fromMs, toMs, signal, arms } = window;
      const servers = [...arms.gray, ...arms.stable];
      await waitUntil(fromMs, signal);
      const opening = await orAborted(samples.at(fromMs, window, servers), signal);
      await waitUntil(toMs, signal);
      const closing = await orAborted(samples.at(toMs, window, servers), signal);
      const metrics = window.metrics.map((metric) => [metric, reading({ spec, metric, window, opening, closing })]);
      return { fromMs, toMs, metrics: Object.fromEntries(metrics) };
    },
  };
}

// ── samples ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Scrapes = SamplesById<ServerSample>;

async function scrapeServer(spec: ExpositionMetricsSpec, server: ServerSpec): Promise<Sampled<ServerSample>> {
  try {
    const exposition = parseExposition(await scrapeText(spec, server));
    const metrics = Object.entries(spec.define).map(([name, metric]) => [name, readCounters(metric, exposition)]);
    const startedS = exposition.samples.get('process_start_time_seconds')?.[0]?.value;
    return { startedS, metrics: Object.fromEntries(metrics) };
  } catch (error) {
    return { failed: `cannot be scraped: ${error instanceof Error ? error.message || error.name : String(error)}` };
  }
}

async function scrapeText(spec: ExpositionMetricsSpec, server: ServerSpec): Promise<string> {
  const own = server.metrics === undefined ? { server, path: spec.path } : placeOf(server.metrics, server.tls);
  if (own === null) throw new Error('its metrics entry is no http URL');
  const answer = await askServer(own.server, {
    path: own.path,
    headers: { accept: 'text/plain;version=0.0.4' },
    timeoutMs: Math.min(5_000, Math.max(1_000, spec.intervalMs)),
  });
  if (answer.status !== 200) throw new Error(`${own.path} answered status ${answer.status}`);
  return answer.body;
}

// ── readings ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Question {
  readonly spec: ExpositionMetricsSpec;
  readonly metric: string;
  readonly window: MetricWindow;
  readonly opening: Scrapes;
  readonly closing: Scrapes;
}

function reading(question: Question): MetricReading {
  const { spec, metric, window } = question;
  if (!Object.hasOwn(spec.define, metric)) {
    return { unusable: `metrics.define has no ${metric}; it has ${Object.keys(spec.define).join(', ')}` };
  }
  const problems: string[] = [];
  const sum = (arm: Arm): Counts => {
    const counts = { total: 0, bad: 0 };
    for (const server of window.arms[arm]) {
      const grown = serverIncrease(question, server);
      if (typeof grown === 'string') problems.push(`${server.id}: ${grown}`);
      else counts.total += grown.total;
      if (typeof grown !== 'string') counts.bad += grown.bad;
    }
    return counts;
  };
  const counts = { gray: sum('gray'), stable: sum('stable') };
  return problems.length === 0 ? { counts } : { unusable: shortList(problems) };
}

/** The first few servers, and how many more. */
function shortList(problems: readonly string[]): string {
  const more = problems.length - 3;
  return problems.slice(0, 3).join('; ') + (more > 0 ? `; and ${more} more servers` : '');
}

/** One server's part, or why there is none. */
function serverIncrease({ metric, opening, closing }: Question, { id }: ServerSpec): Counts | string {
  const [first, last] = [opening.get(id), closing.get(id)];
  if (first === undefined || last === undefined) return 'was not scraped';
  if ('failed' in last) return last.failed;
  if ('failed' in first) return `at the start of the interval: ${first.failed}`;
  const [before, after] = [first.metrics[metric], last.metrics[metric]];
  if (before === undefined || after === undefined) return 'was not scraped for this metric';
  if ('unusable' in after) return after.unusable;
  if ('unusable' in before) return `at the start of the interval: ${before.unusable}`;
  return increase(before, after, hasRestarted(first, last));
}

/** Some programs work their start time out anew each time and are a second off; the counters tell the rest. */
const hasRestarted = (first: ServerSample, last: ServerSample): boolean =>
  first.startedS !== undefined && last.startedS !== undefined && last.startedS - first.startedS > 2;
