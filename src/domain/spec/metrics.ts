/** Section `metrics`: where the counts come from, by kind. */

import type { PoolName } from '../server.ts';

export type MetricsSpec = MemoryMetricsSpec | ExpositionMetricsSpec | PrometheusMetricsSpec | RouterMetricsSpec;

export interface MemoryMetricsSpec {
  readonly kind: 'memory';
  readonly intervalMs: number;
}

/** Scrapes each server's own /metrics. */
export interface ExpositionMetricsSpec {
  readonly kind: 'exposition';
  readonly path: string;
  readonly intervalMs: number;
  readonly define: Readonly<Record<string, ExpositionMetric>>;
  readonly probe?: ProbeSpec;
}

/** Synthetic requests, counted as the metrics `probe-failed` and `probe-slow`. */
export interface ProbeSpec {
  /** Path, asked straight at each server. */
  readonly get: string;
  /** Per server and interval. */
  readonly requests: number;
  readonly timeoutMs: number;
  /** Slower answers count as slow; so do failed ones. */
  readonly slowMs: number;
}

/**
 * Errors: `bad` selects, among the samples of counter `total`, those that are bad (label = value or /pattern/).
 * Latency: requests of `histogram` slower than `aboveSeconds`, which must be one of its bucket bounds.
 */
export type ExpositionMetric =
  | { readonly total: string; readonly bad: Readonly<Record<string, string>> }
  | { readonly histogram: string; readonly aboveSeconds: number };

/** Instant queries at the interval's end. `{window}` is replaced by the interval, `{servers}` by a pattern of the arm's instances. */
export interface PrometheusMetricsSpec {
  readonly kind: 'prometheus';
  readonly url: string;
  readonly tokenEnv?: string;
  readonly scrapeMs: number;
  readonly intervalMs: number;
  /** Label whose value tells the server; its value is `host:port` unless `servers[].metrics` says otherwise. */
  readonly instanceLabel: string;
  readonly define: Readonly<Record<string, PrometheusMetric>>;
  readonly probe?: ProbeSpec;
}

export type PrometheusMetric = { readonly total: string; readonly bad: string } | PrometheusHistogram;

/** Requests of `histogram` slower than `aboveSeconds`, which must be one of its bucket bounds. */
export interface PrometheusHistogram {
  /** Without `_bucket`. */
  readonly histogram: string;
  readonly aboveSeconds: number;
  /** More matchers of its series, as PromQL writes them between the braces. */
  readonly matching?: string;
}

/** What the routers themselves count: failures as users saw them, also where no server answered. */
export interface RouterMetricsSpec {
  readonly kind: 'router';
  readonly intervalMs: number;
  /** Every router process through which users reach the target. */
  readonly from: readonly RouterCounters[];
  readonly define: Readonly<Record<string, RouterMetric>>;
  readonly probe?: ProbeSpec;
}

/** One router process. `pools`: what it calls the pools a and b. */
export type RouterCounters =
  | {
      readonly kind: 'haproxy';
      /** Admin socket, or URL of its Prometheus exporter. */
      readonly at: string;
      readonly pools: PoolNames;
      /** Stick tables of the clients of each pool; read over the socket. */
      readonly clients?: PoolNames;
    }
  | { readonly kind: 'envoy'; readonly at: string; readonly pools: PoolNames }
  | { readonly kind: 'embedded'; readonly at: string };

export type PoolNames = Readonly<Record<PoolName, string>>;

/** Responses of these classes; requests slower than a bucket bound; distinct clients to whom one request failed. */
export type RouterMetric =
  | { readonly bad: readonly ('4xx' | '5xx')[] }
  | { readonly aboveSeconds: number }
  | { readonly clients: 'failed' };
