/** Metric sources by kind. */
import type { MetricsSpec } from '../../domain/spec.ts';
import { expositionMetrics } from './exposition.ts';
import { memoryMetrics } from './memory.ts';
import type { MetricSource } from './port.ts';
import { prometheusMetrics } from './prometheus.ts';
import { routerMetrics } from './router.ts';
import { withProbe } from './synthetic.ts';

type MetricSources = { [K in MetricsSpec['kind']]: (spec: Extract<MetricsSpec, { kind: K }>) => MetricSource };

export const metricSources = {
  memory: memoryMetrics,
  exposition: expositionMetrics,
  prometheus: prometheusMetrics,
  router: routerMetrics,
} satisfies MetricSources;

export function createMetricSource(spec: MetricsSpec): MetricSource {
  switch (spec.kind) {
    case 'memory':
      return metricSources.memory(spec);
    case 'exposition':
      return withProbe(metricSources.exposition(spec), spec.probe);
    case 'prometheus':
      return withProbe(metricSources.prometheus(spec), spec.probe);
    case 'router':
      return withProbe(metricSources.router(spec), spec.probe);
  }
}
