/** Adapter sections in the units of the spec: one branch per kind. */
import type {
  DeployerSpec,
  ExpositionMetric,
  MetricsSpec,
  ProbeSpec,
  PrometheusMetric,
  RouterCounters,
  RouterMetric,
} from '../domain/spec.ts';
import { resolveContainer } from './deployers/container.ts';
import { resolveKubernetes } from './deployers/kubernetes.ts';
import { resolveSsh } from './deployers/ssh.ts';
import type { ReleaseFile } from './file.ts';
import { isUrl } from './net.ts';
import type { At } from './resolve.ts';

export function resolveDeployer(deployer: ReleaseFile['deployer'], at: At): DeployerSpec {
  switch (deployer.kind) {
    case 'memory':
      return deployer;
    case 'process': {
      const { stop, ready, ...rest } = deployer;
      return { ...rest, dir: at(deployer.dir), stopMs: stop, readyMs: ready };
    }
    case 'command': {
      const { timeout, ...rest } = deployer;
      return { ...rest, command: program(deployer.command, at), timeoutMs: timeout };
    }
    case 'ssh':
      return resolveSsh(deployer, at);
    case 'container':
      return resolveContainer(deployer, at);
    case 'kubernetes':
      return resolveKubernetes(deployer, at);
  }
}

/** A program named by a relative path is found from the file's folder; a bare name on the PATH. */
export function program(command: readonly string[], at: At): readonly string[] {
  const [first = '', ...rest] = command;
  return [first.includes('/') ? at(first) : first, ...rest];
}

export function resolveMetrics(metrics: ReleaseFile['metrics'], at: At): MetricsSpec {
  switch (metrics.kind) {
    case 'memory':
      return { kind: 'memory', intervalMs: metrics.interval };
    case 'exposition':
      return {
        kind: 'exposition',
        path: metrics.path,
        intervalMs: metrics.interval,
        define: Object.fromEntries(
          Object.entries(metrics.define).map(([name, metric]) => [name, resolveMetric(metric)]),
        ),
        ...resolveProbe(metrics),
      };
    case 'router':
      return {
        kind: 'router',
        intervalMs: metrics.interval,
        from: metrics.from.map((from) => resolveCounters(from, at)),
        define: Object.fromEntries(
          Object.entries(metrics.define).map(([name, metric]) => [name, resolveRouterMetric(metric)]),
        ),
        ...resolveProbe(metrics),
      };
    case 'prometheus': {
      const { scrape, interval, probe: _, define, ...rest } = metrics;
      const defined = Object.entries(define).map(([name, metric]) => [name, resolveQueries(metric)]);
      return {
        ...rest,
        define: Object.fromEntries(defined),
        scrapeMs: scrape,
        intervalMs: interval ?? 4 * scrape,
        ...resolveProbe(metrics),
      };
    }
  }
}

type Probed = Extract<ReleaseFile['metrics'], { kind: 'exposition' | 'prometheus' | 'router' }>;

function resolveProbe({ probe }: Probed): { readonly probe?: ProbeSpec } {
  if (probe === undefined) return {};
  const { get, requests, timeout, slow } = probe;
  return { probe: { get, requests, timeoutMs: timeout, slowMs: slow } };
}

type MetricFile = Extract<ReleaseFile['metrics'], { kind: 'exposition' }>['define'][string];

const resolveMetric = (metric: MetricFile): ExpositionMetric =>
  'total' in metric ? metric : { histogram: metric.histogram, aboveSeconds: metric.above / 1000 };

type RouterMetricsFile = Extract<ReleaseFile['metrics'], { kind: 'router' }>;

/** A socket is a path seen from the file's folder. */
const resolveCounters = (from: RouterMetricsFile['from'][number], at: At): RouterCounters =>
  from.kind === 'haproxy' && !isUrl(from.at) ? { ...from, at: at(from.at) } : from;

const resolveRouterMetric = (metric: RouterMetricsFile['define'][string]): RouterMetric =>
  'above' in metric ? { aboveSeconds: metric.above / 1000 } : metric;

type QueriesFile = Extract<ReleaseFile['metrics'], { kind: 'prometheus' }>['define'][string];

function resolveQueries(metric: QueriesFile): PrometheusMetric {
  if ('total' in metric) return metric;
  const { above, ...rest } = metric;
  return { ...rest, aboveSeconds: above / 1000 };
}
