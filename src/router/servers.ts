/** The servers behind the router: who serves, whose turn it is, what is open on each. */
import type { DesiredRoute, ServerTraffic } from '../domain/route.ts';
import type { Arm, PoolName } from '../domain/server.ts';
import { servingFor } from '../domain/serving.ts';
import type { ServerConfig } from './config.ts';

/** Something open on a server: a request, a stream, a websocket. */
export interface Session {
  /** Cuts it. */
  readonly close: () => void;
}

export class BackendServer {
  readonly id: string;
  readonly weight: number;
  readonly url: string;
  readonly config: ServerConfig;
  readonly sessions = new Set<Session>();
  up = false;
  /** Smooth weighted round robin: grows by the weight each turn, the highest is next and pays for all. */
  credit = 0;

  constructor(config: ServerConfig) {
    const { id, weight, address } = config;
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    this.config = config;
    this.id = id;
    this.weight = weight;
    this.url = `http://${host}:${address.port}`;
  }
}

export interface Choice {
  readonly server: BackendServer;
  readonly pool: PoolName;
  readonly fallback: boolean;
}

export class Servers {
  readonly #byId: ReadonlyMap<string, BackendServer>;

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
    const { pool, servers, fallback } = servingFor(route, arm, (id) => this.#byId.get(id)?.up === true);
    const untried = servers.filter((id) => !tried.has(id));
    const server = nextTurn(this.named(untried.length > 0 ? untried : servers));
    return pool === null || server === undefined ? null : { server, pool, fallback };
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

function nextTurn(servers: readonly BackendServer[]): BackendServer | undefined {
  let next: BackendServer | undefined;
  let total = 0;
  for (const server of servers) {
    total += server.weight;
    server.credit += server.weight;
    if (next === undefined || server.credit > next.credit) next = server;
  }
  if (next !== undefined) next.credit -= total;
  return next;
}
