/** What the router counts, per pool that answered, arm as assigned and server. Probes are not counted. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RouteHolder } from './route-holder.ts';
import type { BackendServer, Servers } from './servers.ts';

/** `none` where the router answered itself. */
export type Labels = {
  readonly pool: string;
  readonly arm: string;
  readonly server: string;
};

/** `broken`: cut in the middle of the answer. `aborted`: the client went away first. */
export type ResponseClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'broken' | 'aborted';

const usualClasses = ['2xx', '3xx', '4xx', '5xx', 'broken', 'aborted'] as const;

interface Tally {
  readonly labels: Labels;
  requests: number;
  readonly responses: Map<ResponseClass, number>;
}

const labelNames = ['pool', 'arm', 'server'] as const;
const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class RouterMetrics {
  readonly registry = new Registry();
  /** Plain numbers while requests come; the registry gets them when it is asked. */
  readonly #tallies = new Map<string, Tally>();
  readonly #errors = this.#counter('connection_errors_total', 'Tries that got no whole answer', labelNames);
  readonly #fallbacks = this.#counter('fallback_total', 'Requests another pool answered than their arm asks for', [
    'arm',
  ]);
  readonly #seconds = new Histogram({
    name: 'gray_router_request_duration_seconds',
    help: 'From the request to the end of its answer',
    labelNames,
    buckets: latencyBuckets,
    registers: [this.registry],
  });

  constructor(servers: Servers, holder: RouteHolder) {
    this.#tallied('requests_total', 'Requests taken in', labelNames, ({ labels, requests }) => [[labels, requests]]);
    this.#tallied('responses_total', 'Responses by class', [...labelNames, 'class'], ({ labels, responses }) =>
      [...responses].map(([responseClass, count]) => [{ ...labels, class: responseClass }, count]),
    );
    this.#startAtZero(servers);
    this.#gauge('fence', 'Fence of the route in force', () => holder.route.fence);
    this.#gauge('share_basis_points', 'Share of users on gray', () => holder.route.split.shareBp);
    this.#perServer('server_up', 'Whether the server is able to answer', servers, ({ up }) => Number(up));
    this.#perServer(
      'open_sessions',
      'Requests and upgraded connections open',
      servers,
      ({ sessions }) => sessions.size,
    );
  }

  request(labels: Labels): void {
    this.#tallyOf(labels).requests += 1;
  }

  response(labels: Labels, responseClass: ResponseClass, seconds: number): void {
    const { responses } = this.#tallyOf(labels);
    responses.set(responseClass, (responses.get(responseClass) ?? 0) + 1);
    this.#seconds.observe(labels, seconds);
  }

  connectionError(labels: Labels): void {
    this.#errors.inc(labels);
  }

  fallback(arm: string): void {
    this.#fallbacks.inc({ arm });
  }

  /** An increase from nothing cannot be seen, so everything that may come exists as zero from the start. */
  #startAtZero(servers: Servers): void {
    for (const arm of ['gray', 'stable']) {
      this.#fallbacks.inc({ arm }, 0);
      for (const { id: server } of servers.all()) {
        for (const pool of ['a', 'b']) this.#zero({ pool, arm, server });
      }
    }
  }

  #zero(labels: Labels): void {
    const { responses } = this.#tallyOf(labels);
    for (const responseClass of usualClasses) responses.set(responseClass, 0);
    this.#errors.inc(labels, 0);
    this.#seconds.zero(labels);
  }

  #tallyOf(labels: Labels): Tally {
    const key = `${labels.pool} ${labels.arm} ${labels.server}`;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally: Tally = { labels: { ...labels }, requests: 0, responses: new Map() };
    this.#tallies.set(key, tally);
    return tally;
  }

  #tallied(
    name: string,
    help: string,
    labels: readonly string[],
    values: (tally: Tally) => readonly (readonly [Record<string, string>, number])[],
  ): void {
    const counter: Counter = new Counter({
      ...{ name: `gray_router_${name}`, help, labelNames: [...labels], registers: [this.registry] },
      collect: () => {
        counter.reset();
        for (const tally of this.#tallies.values()) for (const [of, count] of values(tally)) counter.inc(of, count);
      },
    });
  }

  #counter(name: string, help: string, labels: readonly string[]): Counter {
    return new Counter({ name: `gray_router_${name}`, help, labelNames: [...labels], registers: [this.registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `gray_router_${name}`,
      help,
      registers: [this.registry],
      collect: () => gauge.set(value()),
    });
  }

  #perServer(name: string, help: string, servers: Servers, value: (server: BackendServer) => number) {
    const collect = () => {
      for (const server of servers.all()) gauge.set({ server: server.id }, value(server));
    };
    const gauge = new Gauge({
      name: `gray_router_${name}`,
      help,
      labelNames: ['server'],
      registers: [this.registry],
      collect,
    });
  }
}

export const classOf = (status: number): ResponseClass => {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  if (status >= 300) return '3xx';
  return status >= 200 ? '2xx' : '1xx';
};
