/** The queries of one metric and arm, written out. */
import type { ServerSpec } from '../../domain/server.ts';

export interface MetricQueries {
  readonly total: string;
  readonly bad: string;
}

export interface QueryFacts {
  readonly instanceLabel: string;
  readonly instances: readonly string[];
  readonly windowMs: number;
}

/** Why a definition cannot be measured, or null. Without its placeholders a query would mix arms or intervals. */
export function queryProblem(queries: MetricQueries): string | null {
  for (const [name, query] of Object.entries({ total: queries.total, bad: queries.bad })) {
    for (const placeholder of ['{servers}', '{window}']) {
      if (!query.includes(placeholder)) return `its query ${name} lacks ${placeholder}`;
    }
  }
  return null;
}

/** One row per server, where the query still knows servers; else one row without that label. */
export function rowsByServer(query: string, all: string, facts: QueryFacts): string {
  const own = writtenOut(query, facts);
  const plain = plainIncrease(query);
  const family = plainIncrease(all);
  const counted = plain && family ? withNewSeries(own, plain, family, facts) : own;
  return `sum by (${facts.instanceLabel}) (${counted})`;
}

/**
 * `increase` does not see the first value of a series: a burst of errors in a label set that never failed before would
 * be missed. Where the query is a plain increase, a series that was not there at the window's start, on a server whose
 * counter was, counts with its whole value.
 */
function withNewSeries(own: string, plain: PlainIncrease, family: PlainIncrease, facts: QueryFacts): string {
  const window = duration(facts.windowMs);
  const [series, known] = [writtenOut(plain.selector, facts), writtenOut(family.selector, facts)];
  const born = `((${series} unless ${series} offset ${window}) and on (${facts.instanceLabel}) (${known} offset ${window}))`;
  return `${born} or ${unsummed(own)}`;
}

const unsummed = (query: string): string => query.replace(sumAround, '$1').trim();

const sumAround = /^\s*sum\s*\(([\s\S]*)\)\s*$/;

/**
 * A query with a row for each server where no bad series means no bad event: `bad` narrows the very counter that
 * `total` counts, by labels which that server's series carry, so that a matching event would have made a series. Null
 * where `bad` is of another shape (a latency bucket, an expression): there, nothing can mean anything.
 */
export function zeroProof({ total, bad }: MetricQueries, facts: QueryFacts): string | null {
  const [all, part] = [plainIncrease(total), plainIncrease(bad)];
  if (!all || !part || all.name !== part.name) return null;
  const narrowing = part.matchers.filter((matcher) => !all.matchers.includes(matcher));
  const labels = narrowing.map((matcher) => /^[a-zA-Z_]\w*/.exec(matcher)?.[0]);
  if (labels.length === 0 || labels.includes('le') || labels.includes(undefined)) return null;
  if (!all.matchers.every((matcher) => part.matchers.includes(matcher))) return null;
  const carried = [...all.matchers, ...labels.map((label) => `${label}!=""`)];
  return `count by (${facts.instanceLabel}) (${writtenOut(`${all.name}{${carried.join(',')}}`, facts)})`;
}

interface PlainIncrease {
  readonly name: string;
  readonly matchers: readonly string[];
  readonly selector: string;
}

const matcher = /[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"/;
const plainShape = new RegExp(
  `^increase\\s*\\(\\s*([a-zA-Z_:][\\w:]*)\\s*\\{\\s*((?:${matcher.source}\\s*,?\\s*)*)\\}\\s*\\[\\s*\\{window\\}\\s*\\]\\s*\\)$`,
);

/** `increase(name{matchers}[{window}])`, with or without `sum(…)` around it; null for any other query. */
function plainIncrease(query: string): PlainIncrease | null {
  const [, name, inside] = plainShape.exec(unsummed(query)) ?? [];
  if (name === undefined || inside === undefined) return null;
  const matchers = inside.match(new RegExp(matcher, 'g')) ?? [];
  return { name, matchers, selector: `${name}{${matchers.join(',')}}` };
}

export const writtenOut = (query: string, { instances, windowMs }: QueryFacts): string =>
  query
    .replaceAll('{window}', duration(windowMs))
    .replaceAll('{servers}', instances.map((instance) => quoted(literal(instance))).join('|'));

const duration = (ms: number): string => `${Math.round(ms)}ms`;

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Inside a double-quoted PromQL string. */
const quoted = (text: string): string => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');

/** The value of the instance label: `host:port` of the server or of its metrics URL, or what `metrics` says. */
export function instanceOf({ address, metrics }: ServerSpec): string {
  const own = (host: string, port: number | string) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (metrics === undefined) return own(address.host, address.port);
  if (!/^https?:\/\//.test(metrics) || !URL.canParse(metrics)) return metrics;
  const { hostname, port, protocol } = new URL(metrics);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
