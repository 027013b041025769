/** Folds in what the stable servers did before the release, where the metric source still knows it. */
import pMap from 'p-map';
import type { MetricSource } from '../src/adapters/metrics/port.ts';
import { intervalsBefore } from '../src/domain/judge/before.ts';
import { isProbeMetric } from '../src/domain/probe-metrics.ts';
import type { ServerSpec } from '../src/domain/server.ts';
import type { Interval, Judge } from '../src/domain/verdict.ts';
import type { Adapters } from './deps.ts';
import { keepInterval } from './evidence.ts';
import type { Seen } from './seen.ts';

interface Past {
  readonly source: MetricSource;
  readonly judge: Judge;
  readonly stable: readonly ServerSpec[];
  readonly signal: AbortSignal;
}

/** Once in a release, before its first interval. */
export async function lookBack({ evidence }: Pick<Adapters, 'evidence'>, seen: Seen, past: Past): Promise<void> {
  const count = intervalsBefore(seen.order.judge);
  if (past.source.looksBack !== true || count === 0 || seen.fold.upToMs > 0) return;
  const endMs = Date.now();
  const intervals = await pMap(
    Array.from({ length: count }, (_, at) => endMs - (count - at) * past.source.intervalMs),
    (fromMs) => measure(seen, past, fromMs),
    { concurrency: 4 },
  );
  for (const interval of intervals) {
    if (past.signal.aborted) return;
    seen.fold = past.judge.fold(seen.fold, interval);
    keepInterval(evidence, { ...seen, order: { ...seen.order, shareBp: 0 } }, interval);
  }
}

/** Servers that are gray now were stable then, but they are left out: the release has restarted them since. */
function measure({ order }: Seen, { source, stable, signal }: Past, fromMs: number): Promise<Interval> {
  const metrics = Object.keys(order.judge.metrics).filter((metric) => !isProbeMetric(metric));
  return source.measure({ fromMs, toMs: fromMs + source.intervalMs, arms: { gray: [], stable }, metrics, signal });
}
