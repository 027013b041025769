/** The servers behind the router: who serves, whose turn it is, what is open on each. */
import type { DesiredRoute, ServerTraffic } from '../domain/route.ts';
import type { Arm, PoolName } from '../domain/server.ts';
import { otherPool } from '../domain/server.ts';
import { serversIn } from '../domain/serving.ts';
import { poolOf } from '../domain/split.ts';
import type { ServerConfig } from './config.ts';
import { type Target, targetAt } from './upstream.ts';

/** Something open on a server: a request, a stream, a websocket. */
export interface Session {
  /** Cuts it. */
  readonly close: () => void;
}

export class BackendServer {
  readonly id: string;
  readonly weight: number;
  readonly target: Target;
  readonly config: ServerConfig;
  readonly sessions = new Set<Session>();
  up = false;
  /** Smooth weighted round robin: grows by the weight each turn, the highest is next and pays for all. */
  credit = 0;

  constructor(config: ServerConfig) {
    const { id, weight, address } = config;
    this.config = config;
    this.id = id;
    this.weight = weight;
    this.target = targetAt(address);
  }
}

export interface Choice {
  readonly server: BackendServer;
  readonly pool: PoolName;
  readonly fallback: boolean;
}

export class Servers {
  readonly #byId: ReadonlyMap<string, BackendServer>;
  #pooled: Pooled | null = null;

  constructor(configs: readonly ServerConfig[]) {
    this.#byId = new Map(configs.map((config) => [config.id, new BackendServer(config)]));
  }

  all(): BackendServer[] {
    return [...this.#byId.values()];
  }

  named(ids: readonly string[]): BackendServer[] {
    return ids.flatMap((id) => this.#byId.get(id) ?? []);
  }

  /** The server whose turn it is in the pool of `arm`, one not in `tried` if there is any; null when none serves. */
  choose(route: DesiredRoute, arm: Arm, tried: ReadonlySet<string>): Choice | null {
    const pools = this.#poolsOf(route);
    const wanted = poolOf(route, arm);
    for (const pool of [wanted, otherPool(wanted)]) {
      const server = nextTurn(pools[pool], tried) ?? nextTurn(pools[pool], none);
      if (server !== undefined) return { server, pool, fallback: pool !== wanted };
    }
    return null;
  }

  /** Sorted out once for every route, not for every request. */
  #poolsOf(route: DesiredRoute): Pooled {
    if (this.#pooled?.route === route) return this.#pooled;
    const pooled = { route, a: this.named(serversIn(route, 'a')), b: this.named(serversIn(route, 'b')) };
    this.#pooled = pooled;
    return pooled;
  }

  traffic(): Record<string, ServerTraffic> {
    return Object.fromEntries(this.all().map(({ id, up, sessions }) => [id, { up, openSessions: sessions.size }]));
  }

  /** Cuts what is open on the named servers; counts per server, without those that had nothing. */
  closeSessions(ids: readonly string[]): Record<string, number> {
    const closed: Record<string, number> = {};
    for (const { id, sessions } of this.named(ids)) {
      if (sessions.size > 0) closed[id] = sessions.size;
      for (const session of [...sessions]) session.close();
    }
    return closed;
  }
}

interface Pooled {
  readonly route: DesiredRoute;
  readonly a: readonly BackendServer[];
  readonly b: readonly BackendServer[];
}

const none: ReadonlySet<string> = new Set();

function nextTurn(servers: readonly BackendServer[], not: ReadonlySet<string>): BackendServer | undefined {
  let next: BackendServer | undefined;
  let total = 0;
  for (const server of servers) {
    if (!server.up || not.has(server.id)) continue;
    total += server.weight;
    server.credit += server.weight;
    if (next === undefined || server.credit > next.credit) next = server;
  }
  if (next !== undefined) next.credit -= total;
  return next;
}
