/**
 * A router in memory: the whole port in one small file, to copy from and to test with. All handles made for one target
 * in this process share one router, as workers share a real one.
 */
import { staleFence } from '../../domain/errors.ts';
import { fenceDecision, refuseOtherServers, routeAtRest } from '../../domain/fence.ts';
import type { DesiredRoute, RouteState } from '../../domain/route.ts';
import type { PoolName } from '../../domain/server.ts';
import { servingFor } from '../../domain/serving.ts';
import type { MemoryRouterSpec } from '../../domain/spec.ts';
import { type Attributes, assign } from '../../domain/split.ts';
import { confirmRoute } from './confirmation.ts';
import { drainServers } from './draining.ts';
import type { ConfirmRequest, DrainRequest, Router, RouterAbilities, RouterContext } from './port.ts';

const routers = new Map<string, Router>();

export function memoryRouter(_spec: MemoryRouterSpec, context: RouterContext): Router {
  const router = routers.get(context.target) ?? new MemoryRouter(context);
  routers.set(context.target, router);
  return router;
}

/** From now on `memoryRouter` hands out `router` for this target; returns what makes it forget. */
export function holdMemoryRouter(target: string, router: Router): () => void {
  routers.set(target, router);
  return () => void routers.delete(target);
}

export const memoryAbilities: RouterAbilities = {
  kind: 'memory',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  closesSessions: true,
};

/** A request that is being answered. */
export interface MemorySession {
  readonly server: string;
  readonly pool: PoolName;
  /** Resolves when the session ended, and how. */
  readonly ended: Promise<'answered' | 'closed'>;
  readonly end: (how?: 'answered' | 'closed') => void;
}

export class MemoryRouter implements Router {
  readonly abilities = memoryAbilities;
  /** The version each server answers with. While a test does not say, confirm leaves versions alone. */
  versionOf: ((server: string) => string | null) | undefined;
  readonly #down = new Set<string>();
  readonly #sessions = new Set<MemorySession>();
  #route: DesiredRoute;
  #starts = 1;
  #turn = 0;

  constructor(context: RouterContext) {
    this.#route = routeAtRest(context.servers);
  }

  async read(): Promise<RouteState> {
    return this.#state();
  }

  async apply(desired: DesiredRoute): Promise<RouteState> {
    if (fenceDecision(this.#route, desired, 'the router') === 'write') {
      refuseOtherServers(this.#route, desired);
      this.#route = structuredClone(desired);
    }
    return this.#state();
  }

  confirm(request: ConfirmRequest) {
    const { versionOf } = this;
    const asked = versionOf === undefined ? { ...request, expected: { gray: null, stable: null } } : request;
    return confirmRoute(asked, this, async (...who) => {
      const session = this.open(...who);
      session?.end();
      return session === null
        ? { pool: null, version: null, error: 'no server serves' }
        : { pool: session.pool, version: versionOf?.(session.server) ?? null };
    });
  }

  drain(request: DrainRequest) {
    return drainServers(request, { read: () => this.read(), close: async (...asked) => this.#close(...asked) });
  }

  /** Begins a request of `user` (null: no identity); null when no server serves. */
  open(user: string | null, attributes: Attributes = {}): MemorySession | null {
    const arm = assign(this.#route, user, attributes);
    const { pool, servers } = servingFor(this.#route, arm, (id) => !this.#down.has(id));
    const server = servers[this.#turn++ % servers.length];
    if (pool === null || server === undefined) return null;
    let settle: (how: 'answered' | 'closed') => void = () => undefined;
    const ended = new Promise<'answered' | 'closed'>((resolve) => {
      settle = resolve;
    });
    const end = (how: 'answered' | 'closed' = 'answered') => {
      this.#sessions.delete(session);
      settle(how);
    };
    const session: MemorySession = { server, pool, ended, end };
    this.#sessions.add(session);
    return session;
  }

  /** A server dies or comes back. */
  setUp(server: string, up: boolean): void {
    if (up) this.#down.delete(server);
    else this.#down.add(server);
  }

  /** The router process ends and starts again: the route stays, sessions and instance do not. */
  restart(): void {
    this.#starts += 1;
    for (const session of this.#sessions) session.end('closed');
  }

  /** Somebody edits the router by hand, past the fence. */
  drift(edit: (route: DesiredRoute) => DesiredRoute): void {
    this.#route = edit(this.#route);
  }

  #close(servers: readonly string[], fence: number): Record<string, number> {
    if (this.#route.fence !== fence) throw staleFence(fence, this.#route.fence, 'the router');
    const closed: Record<string, number> = {};
    for (const session of [...this.#sessions].filter(({ server }) => servers.includes(server))) {
      closed[session.server] = (closed[session.server] ?? 0) + 1;
      session.end('closed');
    }
    return closed;
  }

  #state(): RouteState {
    const traffic = (id: string) => ({
      up: !this.#down.has(id),
      openSessions: [...this.#sessions].filter(({ server }) => server === id).length,
    });
    const servers = Object.fromEntries(Object.keys(this.#route.servers).map((id) => [id, traffic(id)]));
    return { route: structuredClone(this.#route), instance: `memory-${this.#starts}`, servers };
  }
}
