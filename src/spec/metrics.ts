/** Section `metrics`. */
import { z } from 'zod';
import { baseUrl } from './net.ts';
import {
  envName,
  expects,
  filePath,
  list,
  metricName,
  named,
  oneOf,
  section,
  text,
  urlPath,
  whole,
} from './scalars.ts';
import { duration } from './units.ts';

const seriesName = (of: string) => text(of, /^[A-Za-z_:][A-Za-z0-9_:]{0,199}$/);

const labelValue = () => {
  const what = 'a label value such as "500", or a pattern such as "/5../"';
  return text(what, /^[^\r\n]{1,500}$/).refine(isExactOrPattern, { error: expects(what) });
};

function isExactOrPattern(value: string): boolean {
  if (!value.startsWith('/')) return true;
  if (!value.endsWith('/') || value.length < 3) return false;
  try {
    return new RegExp(value.slice(1, -1)) instanceof RegExp;
  } catch {
    return false;
  }
}

const counted = section({
  total: seriesName('the name of a counter').describe('Counter of all requests.'),
  bad: named('a label name', /^[A-Za-z_][A-Za-z0-9_]{0,99}$/, labelValue())
    .refine((labels) => Object.keys(labels).length > 0, { error: 'expected at least one label, found none' })
    .describe('Labels of the bad ones: label to value, or to /pattern/.'),
});

const timed = section({
  histogram: seriesName('the name of a histogram, without _bucket').describe('Histogram of durations in seconds.'),
  above: duration('1ms', '1h').describe('Slower requests are bad; must be one of its bucket bounds.'),
});

const probe = section({
  get: urlPath().describe('Asked straight at each server; it should not be counted among the requests of users.'),
  requests: whole(1, 100).default(5).describe('Requests per server and interval.'),
  timeout: duration('10ms', '1m').prefault('1s'),
  slow: duration('1ms', '1m').prefault('500ms').describe('Slower answers count for probe-slow, and so do failed ones.'),
})
  .exactOptional()
  .describe('Synthetic requests for targets with little traffic: the metrics probe-failed and probe-slow.');

const exposition = section({
  kind: z.literal('exposition').describe("Reads each server's own metrics page."),
  path: urlPath().default('/metrics').describe('Where each server shows its metrics.'),
  interval: duration('100ms', '1h').prefault('5s').describe('Length of one measurement.'),
  define: named('a metric name', metricName, z.union([counted, timed])).describe('What the judge may ask for.'),
  probe,
});

const promql = (of: string) =>
  text(`PromQL with {window} and {servers} for ${of}`, /^[^\0]{1,5000}$/).refine(
    (query) => query.includes('{window}') && query.includes('{servers}'),
    {
      error: `expected PromQL with both {window} and {servers}, such as sum(increase(http_requests_total{instance=~"{servers}"}[{window}])): without them both arms would count the same`,
    },
  );

const matcher = '[a-zA-Z_]\\w*\\s*(?:=~|!~|!=|=)\\s*"(?:[^"\\\\]|\\\\.)*"';

const timedByPrometheus = section({
  ...timed.shape,
  matching: text(
    `matchers such as handler="/search",method!="HEAD"`,
    new RegExp(`^(?=.{3,1000}$)${matcher}(?:\\s*,\\s*${matcher})*$`),
  )
    .exactOptional()
    .describe('More matchers of its series, as PromQL writes them between the braces.'),
});

const prometheus = section({
  kind: z.literal('prometheus').describe('Asks a Prometheus server.'),
  url: baseUrl('the Prometheus server'),
  tokenEnv: envName().exactOptional().describe('Environment variable that holds a bearer token.'),
  scrape: duration('100ms', '10m').prefault('15s').describe('Scrape interval of the servers.'),
  interval: duration('400ms', '1h')
    .exactOptional()
    .describe('Length of one measurement, at least 4 scrapes. Default: 4 scrapes.'),
  instanceLabel: text('the name of a label', /^[A-Za-z_][A-Za-z0-9_]{0,99}$/)
    .default('instance')
    .describe('Label that tells the server; its value is host:port unless servers[].metrics says otherwise.'),
  define: named(
    'a metric name',
    metricName,
    z.union([section({ total: promql('all requests'), bad: promql('the bad ones') }), timedByPrometheus]),
  ).describe('What the judge may ask for.'),
  probe,
});

const poolNames = (what: string) =>
  section({ a: routerName(what).describe('Of pool a.'), b: routerName(what).describe('Of pool b.') });

function routerName(what: string) {
  return text(`the name of ${what}`, /^[A-Za-z0-9_.:/-]{1,200}$/);
}

const counters = z.discriminatedUnion(
  'kind',
  [
    section({
      kind: z.literal('haproxy'),
      at: filePath('an admin socket or the URL of the Prometheus exporter'),
      pools: poolNames('a backend').describe('Its backends of the two pools.'),
      clients: poolNames('a stick table')
        .exactOptional()
        .describe('Stick tables of the clients of each pool, for metrics of clients; needs the admin socket.'),
    }),
    section({
      kind: z.literal('envoy'),
      at: baseUrl("Envoy's page /stats/prometheus"),
      pools: poolNames('a cluster').describe('Its clusters of the two pools.'),
    }),
    section({ kind: z.literal('embedded'), at: baseUrl("the router's page /metrics") }),
  ],
  { error: expects('a group of keys with a kind') },
);

const routerMetric = z.union(
  [
    section({
      bad: list(oneOf(['4xx', '5xx']), 'classes of responses', { min: 1, max: 2 }).describe('Responses that are bad.'),
    }),
    section({ above: duration('1ms', '1h').describe('Slower requests are bad; a bucket bound of the router.') }),
    section({ clients: oneOf(['failed']).describe('Distinct clients, bad where one of their requests failed.') }),
  ],
  { error: expects('bad: [5xx], above: 250ms or clients: failed') },
);

const router = section({
  kind: z.literal('router').describe('Reads what the routers count, per pool.'),
  interval: duration('500ms', '1h').prefault('5s').describe('Length of one measurement.'),
  from: list(counters, 'routers', { min: 1, max: 50 }).describe('Every router process through which users come.'),
  define: named('a metric name', metricName, routerMetric).describe('What the judge may ask for.'),
  probe,
});

const memory = section({ kind: z.literal('memory'), interval: duration('1ms', '1h').prefault('1s') });

export const metrics = z
  .discriminatedUnion('kind', [exposition, prometheus, router, memory], {
    error: expects('a group of keys with a kind'),
  })
  .describe('What counts requests.');
