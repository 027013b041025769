import type { MetricWindow } from '../../../src/adapters/metrics/port.ts';
import { prometheusMetrics } from '../../../src/adapters/metrics/prometheus.ts';
import type { PrometheusMetricsSpec } from '../../../src/domain/spec.ts';
import type { MetricReading } from '../../../src/domain/verdict.ts';
import { scrapeMs } from './prometheus-process.ts';

export const requests = (matchers = '') => `increase(http_requests_total{instance=~"{servers}"${matchers}}[{window}])`;
export const seconds = 'http_request_duration_seconds';
export const errors = { total: requests(), bad: requests(',code=~"5.."') };
export const slow = {
  total: `increase(${seconds}_count{instance=~"{servers}"}[{window}])`,
  bad: `increase(${seconds}_count{instance=~"{servers}"}[{window}]) - ignoring(le) increase(${seconds}_bucket{instance=~"{servers}",le="0.05"}[{window}])`,
};

/** The same as `slow`, in short. */
export const timed = { histogram: seconds, aboveSeconds: 0.05 };

export const spec = (url: string, rest: Partial<PrometheusMetricsSpec> = {}): PrometheusMetricsSpec => ({
  kind: 'prometheus',
  url,
  scrapeMs,
  intervalMs: 5 * scrapeMs,
  instanceLabel: 'instance',
  define: { errors, slow, timed },
  ...rest,
});

export const reading = async (source: PrometheusMetricsSpec, window: Omit<MetricWindow, 'metrics'>, metric: string) =>
  (await prometheusMetrics(source, { TOKEN: 'sesame-4711' }).measure({ ...window, metrics: [metric] })).metrics[metric];

export const gray = (found: MetricReading | undefined) =>
  found && 'counts' in found ? found.counts.gray : found?.unusable;
