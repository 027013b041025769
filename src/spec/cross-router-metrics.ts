/** What a router must be able to count before a judge may ask for it. */
import type { GoodSections, ReleaseFile } from './file.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';
import { isUrl } from './net.ts';

type RouterMetrics = Extract<ReleaseFile['metrics'], { kind: 'router' }>;

export const routerCountChecks = (metrics: RouterMetrics, judge: GoodSections['judge']): Finding[] => [
  ...repeatedPlaces(metrics),
  ...uncounted(metrics),
  ...tablesBySocket(metrics),
  ...clientRules(metrics, judge),
];

const repeatedPlaces = ({ from }: RouterMetrics): Finding[] =>
  from.flatMap(({ at }, index) => {
    const first = from.findIndex((other) => other.at === at);
    return first === index ? [] : [finding(['metrics', 'from', index, 'at'], `the same as metrics.from[${first}]`)];
  });

function uncounted({ from, define }: RouterMetrics): Finding[] {
  const without = (index: number, name: string, what: string) =>
    finding(['metrics', 'define', name], `metrics.from[${index}] ${what}`);
  return Object.entries(define).flatMap(([name, metric]) =>
    from.flatMap((one, index): Finding[] => {
      if ('above' in metric && one.kind === 'haproxy')
        return [without(index, name, 'is HAProxy, which counts no latency: take it from exposition or prometheus')];
      if ('clients' in metric && one.kind !== 'embedded' && (one.kind !== 'haproxy' || one.clients === undefined))
        return [
          without(index, name, 'counts no distinct clients: only haproxy with `clients` tables, or embedded, does'),
        ];
      return [];
    }),
  );
}

const tablesBySocket = ({ from }: RouterMetrics): Finding[] =>
  from.flatMap((one, index) =>
    one.kind === 'haproxy' && one.clients !== undefined && isUrl(one.at)
      ? [finding(['metrics', 'from', index, 'at'], 'expected the admin socket: the exporter does not tell clients')]
      : [],
  );

/** Single requests of one client come in bursts; only distinct clients do not. */
function clientRules({ define }: RouterMetrics, judge: GoodSections['judge']): Finding[] {
  if (judge === undefined) return [];
  return Object.entries(judge.metrics).flatMap(([name, rule]) => {
    const metric = Object.hasOwn(define, name) ? define[name] : undefined;
    if (metric === undefined || 'clients' in metric || !('dispersion' in rule) || rule.dispersion !== 'clients')
      return [];
    return [
      finding(
        ['judge', 'metrics', name, 'dispersion'],
        'expected a metric with `clients: failed`: this one counts requests',
      ),
    ];
  });
}
