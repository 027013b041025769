/** Sections `metrics` and `notify` of a resolved spec. */
import { z } from 'zod';
import type { MetricsSpec, NotifierSpec } from '../../domain/spec.ts';
import { envName, list, metricName, named, section, text, urlPath, whole } from '../scalars.ts';
import { kindError, label, url } from './common.ts';
import { milliseconds } from './scalars.ts';

const probe = section({
  get: urlPath(),
  requests: whole(1, 100),
  timeoutMs: milliseconds(),
  slowMs: milliseconds(),
}).exactOptional();

const expositionMetric = z.union([
  section({ total: label(), bad: named('a label name', /^[A-Za-z_]\w*$/, label()) }),
  section({ histogram: label(), aboveSeconds: z.number().positive() }),
]);

const pools = section({ a: label(), b: label() });

const routerCounters = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('haproxy'), at: label(), pools, clients: pools.exactOptional() }),
    section({ kind: z.literal('envoy'), at: url(), pools }),
    section({ kind: z.literal('embedded'), at: url() }),
  ],
  kindError,
);

const routerMetric = z.union([
  section({ bad: list(z.enum(['4xx', '5xx']), 'classes', { min: 1, max: 2 }) }),
  section({ aboveSeconds: z.number().positive() }),
  section({ clients: z.literal('failed') }),
]);

const queries = z.union([
  section({ total: query(), bad: query() }),
  section({ histogram: label(), aboveSeconds: z.number().positive(), matching: query().exactOptional() }),
]);

export const metrics: z.ZodType<MetricsSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory'), intervalMs: milliseconds() }),
    section({
      kind: z.literal('exposition'),
      path: urlPath(),
      intervalMs: milliseconds(),
      define: named('a metric name', metricName, expositionMetric),
      probe,
    }),
    section({
      kind: z.literal('router'),
      intervalMs: milliseconds(),
      from: list(routerCounters, 'routers', { min: 1, max: 50 }),
      define: named('a metric name', metricName, routerMetric),
      probe,
    }),
    section({
      kind: z.literal('prometheus'),
      url: url(),
      tokenEnv: envName().exactOptional(),
      scrapeMs: milliseconds(),
      intervalMs: milliseconds(),
      instanceLabel: label(),
      define: named('a metric name', metricName, queries),
      probe,
    }),
  ],
  kindError,
);

function query() {
  return text('PromQL', /^[^\0]{1,5000}$/);
}

export const notifier: z.ZodType<NotifierSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory') }),
    section({ kind: z.literal('log') }),
    section({ kind: z.literal('webhook'), urlEnv: envName(), format: z.enum(['json', 'slack']) }),
  ],
  kindError,
);
