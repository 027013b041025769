/** The metric source: one real measurement of every metric that the judge needs. */
import type { MetricSource } from '../adapters/metrics/port.ts';
import type { ServerSpec } from '../domain/server.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok } from './finding.ts';

export async function examineMetrics(spec: ReleaseSpec, source: MetricSource): Promise<Finding[]> {
  const metrics = Object.keys(spec.judge.metrics);
  // Routers count by pool, and outside a release all of it is stable.
  const isGray = ({ gray }: ServerSpec) => gray && spec.metrics.kind !== 'router';
  const gray = spec.servers.filter(isGray);
  const stable = spec.servers.filter((server) => !isGray(server));
  const toMs = Date.now();
  const interval = await source.measure({
    fromMs: toMs - source.intervalMs,
    toMs,
    arms: { gray, stable },
    metrics,
    signal: AbortSignal.timeout(10_000),
  });
  return metrics.map((metric) => {
    const reading = interval.metrics[metric];
    const mend = 'check `metrics.define` against what the servers or Prometheus really have';
    if (reading === undefined) return fail('metrics', `${metric}: not measured`, mend);
    if ('unusable' in reading) return fail('metrics', `${metric}: ${reading.unusable}`, mend);
    const { gray: one, stable: other } = reading.counts;
    const seconds = source.intervalMs / 1000;
    return ok('metrics', `${metric}: gray ${one.bad}/${one.total}, stable ${other.bad}/${other.total} in ${seconds} s`);
  });
}
