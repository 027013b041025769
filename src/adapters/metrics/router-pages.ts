/** From what one router process shows to the counters of a metric per pool, or per arm where it knows arms. */
import type { PoolNames, RouterCounters, RouterMetric } from '../../domain/spec.ts';
import type { Counters, CountersOrReason } from './exposition-counters.ts';
import { readCounters } from './exposition-counters.ts';
import type { Exposition, Sample } from './exposition-text.ts';

/** By `a` and `b`, or by `gray` and `stable`. */
export type Sides = Readonly<Record<string, CountersOrReason>>;

type Counted = Exclude<RouterMetric, { readonly clients: 'failed' }>;

export function sidesOf(from: RouterCounters, metric: Counted, page: Exposition): Sides {
  switch (from.kind) {
    case 'haproxy':
      return eachPool(from.pools, (name) => haproxyCounters(metric, page, name));
    case 'envoy':
      return eachPool(from.pools, (name) => envoyCounters(metric, page, name));
    case 'embedded':
      return { gray: embeddedCounters(metric, page, 'gray'), stable: embeddedCounters(metric, page, 'stable') };
  }
}

const eachPool = (pools: PoolNames, read: (name: string) => CountersOrReason): Sides => ({
  a: read(pools.a),
  b: read(pools.b),
});

/** HAProxy counts an interim response (1xx) besides the final one. */
function haproxyCounters(metric: Counted, page: Exposition, proxy: string): CountersOrReason {
  if (!('bad' in metric)) return { unusable: 'HAProxy counts no latency: take it from the servers or from Prometheus' };
  const name = 'haproxy_backend_http_responses_total';
  const own = labelled(page, 'proxy', proxy);
  if (!own.samples.has(name)) return unknownPool('HAProxy', 'backend', page, { label: 'proxy', name, wanted: proxy });
  const finals = only(own, ({ labels }) => labels.code !== '1xx');
  return readCounters({ total: name, bad: { code: oneOf(metric.bad) } }, finals);
}

/** Envoy makes a counter with its first event; a cluster that it lists without one has had none. */
function envoyCounters(metric: Counted, page: Exposition, cluster: string): CountersOrReason {
  const label = 'envoy_cluster_name';
  const listed = 'envoy_cluster_membership_total';
  const own = labelled(page, label, cluster);
  if (!own.samples.has(listed)) return unknownPool('Envoy', 'cluster', page, { label, name: listed, wanted: cluster });
  if ('bad' in metric) {
    const name = 'envoy_cluster_upstream_rq_xx';
    const classes = metric.bad.map((one) => one.slice(0, 1));
    const finals = only(own, ({ labels }) => labels.envoy_response_code_class !== '1');
    return readCounters({ total: name, bad: { envoy_response_code_class: oneOf(classes) } }, named(finals, name));
  }
  const histogram = 'envoy_cluster_upstream_rq_time';
  // Its bounds are milliseconds.
  return readCounters({ histogram, aboveSeconds: metric.aboveSeconds * 1_000 }, named(own, histogram));
}

/** By the arm a request was meant for: what the other pool had to answer is a failure of that arm. */
function embeddedCounters(metric: Counted, page: Exposition, arm: string): CountersOrReason {
  const own = labelled(page, 'arm', arm);
  if ('aboveSeconds' in metric)
    return readCounters({ histogram: 'gray_router_request_duration_seconds', ...metric }, own);
  const ended = only(own, ({ labels }) => labels.class !== '1xx' && labels.class !== 'aborted');
  const read = readCounters(
    { total: 'gray_router_responses_total', bad: { class: oneOf([...metric.bad, 'broken']) } },
    ended,
  );
  return 'unusable' in read ? read : withFallbacks(read, own.samples.get('gray_router_fallback_total') ?? []);
}

const withFallbacks = (counters: Counters, fallbacks: readonly Sample[]): Counters => ({
  ...counters,
  part: new Map([...counters.part, ['fallback', fallbacks.reduce((sum, { value }) => sum + value, 0)]]),
});

const oneOf = (words: readonly string[]): string => `/^(${words.join('|')})$/`;

const labelled = (page: Exposition, label: string, value: string): Exposition =>
  only(page, ({ labels }) => labels[label] === value);

function only({ names, samples }: Exposition, keep: (sample: Sample) => boolean): Exposition {
  const kept = [...samples].map(([name, all]) => [name, all.filter(keep)] as const);
  return { names, samples: new Map(kept.filter(([, all]) => all.length > 0)) };
}

const named = ({ names, samples }: Exposition, name: string): Exposition => ({
  names: new Set([...names, name]),
  samples,
});

interface Wanted {
  readonly label: string;
  readonly name: string;
  readonly wanted: string;
}

/** Missing is not zero: the name may be wrong. */
function unknownPool(program: string, what: string, page: Exposition, { label, name, wanted }: Wanted) {
  const all = (page.samples.get(name) ?? []).flatMap(({ labels }) => labels[label] ?? []);
  const known = [...new Set(all)].slice(0, 10).join(', ') || `none: is this ${program}'s own page?`;
  return { unusable: `${program} has no ${what} ${wanted}; it has ${known}` };
}
