/** The traffic of the target as its own metric source sees it, for `gray plan --traffic measured`. */
import { createMetricSource } from '../adapters/metrics/index.ts';
import type { MetricSource, MetricWindow } from '../adapters/metrics/port.ts';
import { durationText } from '../domain/duration.ts';
import { InvalidInput, type Problem } from '../domain/errors.ts';
import type { Traffic } from '../domain/plan/outlook.ts';
import { isProbeMetric } from '../domain/probe-metrics.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import type { Counts, MetricReading } from '../domain/verdict.ts';

/** Intervals of the past, where the source remembers them. */
const remembered = 60;

/** Throws `InvalidInput` with every metric that could not be measured. `say` tells what is waited for. */
export async function measuredTraffic(
  spec: ReleaseSpec,
  say: (line: string) => void,
  watchMs = 30_000,
): Promise<Traffic> {
  const source = createMetricSource(spec.metrics);
  const window = windowOf(spec, source, watchMs);
  const seconds = (window.toMs - window.fromMs) / 1_000;
  const length = durationText(window.toMs - window.fromMs);
  say(source.looksBack === true ? `measuring the last ${length}` : `measuring the traffic for ${length}`);
  const { metrics } = await source.measure(window);
  const found = window.metrics.map((metric) => [metric, measured(metrics[metric], length)] as const);
  const problems = found.flatMap(([path, one]): Problem[] => (typeof one === 'string' ? [{ path, message: one }] : []));
  if (problems.length > 0) throw new InvalidInput('--traffic measured', problems);
  const counts = found.flatMap(([metric, one]) => (typeof one === 'string' ? [] : [[metric, one] as const]));
  return {
    requestsPerSecond: rounded(Math.max(...counts.map(([, { total }]) => total)) / seconds),
    baseRates: Object.fromEntries(counts.map(([metric, { total, bad }]) => [metric, rounded(bad / total)])),
  };
}

/** A plan needs no more. */
const rounded = (value: number): number => Number(value.toPrecision(3));

/** Every server that serves; a spare one has no traffic. */
function windowOf(
  { servers, judge }: ReleaseSpec,
  { intervalMs, looksBack }: MetricSource,
  watchMs: number,
): MetricWindow {
  const nowMs = Date.now();
  return {
    fromMs: looksBack === true ? nowMs - remembered * intervalMs : nowMs,
    toMs: looksBack === true ? nowMs : nowMs + Math.max(intervalMs, watchMs),
    arms: { gray: [], stable: servers.filter(({ spare }) => !spare) },
    metrics: Object.keys(judge.metrics).filter((metric) => !isProbeMetric(metric)),
  };
}

function measured(reading: MetricReading | undefined, length: string): Counts | string {
  if (reading === undefined) return 'the metric source does not know it';
  if ('unusable' in reading) return reading.unusable;
  const { stable } = reading.counts;
  return stable.total === 0 ? `no request within ${length}` : stable;
}
