/**
 * Asks a Prometheus server, by instant queries whose time is the interval's end, once the scrapes that cover that end
 * are in. `increase` extrapolates: counts are right to about window ÷ (window − scrape), and gray and stable share that
 * error. Write queries without `sum`: then a server of the arm that is missing is noticed.
 */
import type { Arm, ServerSpec } from '../../domain/server.ts';
import type { PrometheusHistogram, PrometheusMetric, PrometheusMetricsSpec } from '../../domain/spec.ts';
import type { Counts, Interval, MetricReading } from '../../domain/verdict.ts';
import type { MetricSource, MetricWindow } from './port.ts';
import type { Row } from './prometheus-api.ts';
import { instantQuery } from './prometheus-api.ts';
import type { MetricQueries, QueryFacts } from './promql.ts';
import { instanceOf, queryProblem, rowsByServer, zeroProof } from './promql.ts';
import { boundsQuery, histogramQueries } from './promql-histogram.ts';
import { waitUntil } from './wait.ts';

export function prometheusMetrics(spec: PrometheusMetricsSpec, env = process.env): MetricSource {
  return {
    intervalMs: spec.intervalMs,
    looksBack: true,
    measure: async (window): Promise<Interval> => {
      const { fromMs, toMs, signal } = window;
      await waitUntil(toMs + 2 * spec.scrapeMs, signal);
      const metrics = window.metrics.map(async (metric) => [metric, await reading({ spec, env, window }, metric)]);
      return { fromMs, toMs, metrics: Object.fromEntries(await Promise.all(metrics)) };
    },
  };
}

interface Question {
  readonly spec: PrometheusMetricsSpec;
  readonly env: NodeJS.ProcessEnv;
  readonly window: MetricWindow;
}

async function reading(question: Question, metric: string): Promise<MetricReading> {
  const { spec, window } = question;
  const defined = Object.hasOwn(spec.define, metric) ? spec.define[metric] : undefined;
  if (defined === undefined) {
    return { unusable: `metrics.define has no ${metric}; it has ${Object.keys(spec.define).join(', ')}` };
  }
  const problem = ('total' in defined ? queryProblem(defined) : null) ?? windowProblem(spec, window);
  if (problem !== null) return { unusable: `${metric}: ${problem}` };
  try {
    const gray = await armCounts(question, defined, 'gray');
    const stable = await armCounts(question, defined, 'stable');
    return { counts: { gray, stable } };
  } catch (error) {
    window.signal?.throwIfAborted();
    return { unusable: `${metric}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Fewer scrapes than four leave more to extrapolate than to measure. */
function windowProblem({ scrapeMs }: PrometheusMetricsSpec, { fromMs, toMs }: MetricWindow): string | null {
  if (toMs - fromMs >= 4 * scrapeMs) return null;
  return `an interval of ${toMs - fromMs} ms holds fewer than four scrapes of ${scrapeMs} ms`;
}

async function armCounts(question: Question, metric: PrometheusMetric, arm: Arm): Promise<Counts> {
  const { spec, window } = question;
  const servers = window.arms[arm];
  if (servers.length === 0) return { total: 0, bad: 0 };
  const windowMs = window.toMs - window.fromMs;
  const facts = { instanceLabel: spec.instanceLabel, instances: servers.map(instanceOf), windowMs };
  const ask = (query: string) => instantQuery({ ...spec, env: question.env }, query, window.toMs, window.signal);
  const asking = { facts, ask };
  return 'total' in metric ? badCounts(metric, servers, asking) : slowCounts(metric, servers, asking);
}

async function badCounts(queries: MetricQueries, servers: readonly ServerSpec[], asking: Asking): Promise<Counts> {
  const { facts, ask } = asking;
  const [total, bad] = await Promise.all([
    ask(rowsByServer(queries.total, queries.total, facts)),
    ask(rowsByServer(queries.bad, queries.total, facts)),
  ]);
  mustBeComplete(total, servers, facts);
  await mustKnowBad(queries, bad, servers, asking);
  const all = Math.round(sum(total));
  return { total: all, bad: Math.min(all, Math.round(sum(bad))) };
}

async function slowCounts(
  metric: PrometheusHistogram,
  servers: readonly ServerSpec[],
  { facts, ask }: Asking,
): Promise<Counts> {
  const queries = histogramQueries(metric, facts);
  const [total, fast] = await Promise.all([
    ask(rowsByServer(queries.total, queries.total, facts)),
    ask(rowsByServer(queries.fast, queries.total, facts)),
  ]);
  mustBeComplete(total, servers, facts);
  const silent = silentServers(fast, servers, facts);
  if (silent.length > 0) throw unknownBound(metric, silent, await ask(boundsQuery(queries, facts)));
  const all = Math.round(sum(total));
  return { total: all, bad: Math.max(0, Math.round(sum(total) - sum(fast))) };
}

function unknownBound(metric: PrometheusHistogram, silent: readonly ServerSpec[], rows: readonly Row[]): Error {
  const bounds = rows.map(({ labels }) => Number(labels.le)).filter(Number.isFinite);
  const known = [...new Set(bounds)].sort((one, other) => one - other).join(', ') || 'none';
  const { histogram, aboveSeconds } = metric;
  return new Error(`${histogram} has no bucket bound ${aboveSeconds} on ${silent.map(nameOf)[0]}; it has ${known}`);
}

const sum = (rows: readonly Row[]): number => rows.reduce((all, { value }) => all + value, 0);

/** No row is no data. Where rows name servers, each server needs its own, and no other may be among them. */
function mustBeComplete(rows: readonly Row[], servers: readonly ServerSpec[], facts: QueryFacts): void {
  const missing = silentServers(rows, servers, facts);
  if (missing.length > 0) throw new Error(`Prometheus has nothing on ${missing.map(nameOf).slice(0, 5).join(', ')}`);
  const strange = namesIn(rows, facts).find((name) => !facts.instances.includes(name));
  if (strange !== undefined) throw new Error(`the query also counts ${strange}, which is no server of that arm`);
}

const nameOf = (server: ServerSpec): string => `${server.id} (${instanceOf(server)})`;

const namesIn = (rows: readonly Row[], { instanceLabel }: QueryFacts): string[] =>
  rows.map(({ labels }) => labels[instanceLabel]).filter((name) => name !== undefined);

/** A row that names nobody speaks for all. */
function silentServers(rows: readonly Row[], servers: readonly ServerSpec[], facts: QueryFacts): ServerSpec[] {
  const named = namesIn(rows, facts);
  if (rows.length > 0 && named.length === 0) return [];
  return servers.filter((server) => !named.includes(instanceOf(server)));
}

interface Asking {
  readonly facts: QueryFacts;
  readonly ask: (query: string) => Promise<readonly Row[]>;
}

/** A server without a bad series had no bad event only where that is proven; else name or label may be wrong. */
async function mustKnowBad(
  queries: MetricQueries,
  bad: readonly Row[],
  servers: readonly ServerSpec[],
  { facts, ask }: Asking,
): Promise<void> {
  const silent = silentServers(bad, servers, facts);
  if (silent.length === 0) return;
  const proof = zeroProof(queries, facts);
  const unproven = proof === null ? silent : silentServers(await ask(proof), silent, facts);
  if (unproven.length === 0) return;
  throw new Error(
    `its query bad finds no series on ${unproven.map(nameOf).slice(0, 5).join(', ')}: is a name or label wrong?`,
  );
}
