/**
 * Caddy 2.6 and later. It cannot hash a user, so it asks a decider of ours (src/decider) for every request; the route
 * lives there. Caddy's own admin side is only read. See docs/decisions/caddy-decider.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { staleFence } from '../../domain/errors.ts';
import type { RouteState } from '../../domain/route.ts';
import type { CaddyRouterSpec } from '../../domain/spec.ts';
import { type AdminCall, adminClient } from './admin-client.ts';
import { openRequestsAt, startOf } from './caddy/admin.ts';
import { confirmRoute } from './confirmation.ts';
import { drainServers } from './draining.ts';
import { askProbe } from './haproxy/probe.ts';
import type { DrainRequest, Router, RouterAbilities, RouterContext } from './port.ts';
import { routeStateSchema } from './route-schema.ts';

export { caddyConfig } from './caddy/config.ts';
export { caddyDoctor } from './caddy/doctor.ts';

export const caddyAbilities: RouterAbilities = {
  kind: 'caddy',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  // Caddy 2.6 has no call for it.
  closesSessions: false,
};

export function caddyRouter(spec: CaddyRouterSpec, context: RouterContext): Router {
  const decider = adminClient({
    admin: spec.decider,
    ...(spec.tokenEnv !== undefined && { tokenEnv: spec.tokenEnv }),
  });
  const state = async (call: AdminCall): Promise<RouteState> => {
    const held = await decider(call, routeStateSchema);
    const [started, open] = await Promise.all([startOf(spec.admin), openRequestsAt(spec.admin)]);
    return stateOf(held, { started, open, context });
  };
  const read = () => state({ method: 'GET', path: '/route' });
  const refuseLate = async (fence: number) => {
    const { route } = await read();
    if (route.fence !== fence) throw staleFence(fence, route.fence, spec.decider);
    return {};
  };
  return {
    abilities: caddyAbilities,
    read,
    apply: (desired) => state({ method: 'PUT', path: '/route', content: desired }),
    confirm: (request) =>
      confirmRoute(request, { read }, (...who) =>
        askProbe({ probe: spec.probe, identity: spec.identity, version: request.version }, ...who),
      ),
    drain: (request) => drainServers(request, { read: settled(read, request), close: (_, fence) => refuseLate(fence) }),
  };
}

/** A request that was decided just before a change is counted at its server within this. */
const underWayMs = 100;

/** `read`, whose first answer, the fence of the drain, is given when all that was decided before is counted. */
function settled(read: Router['read'], { patienceMs, signal }: DrainRequest): Router['read'] {
  let first = true;
  return async () => {
    const state = await read();
    if (first) await sleep(Math.min(underWayMs, patienceMs), undefined, signal && { signal });
    first = false;
    return state;
  };
}

interface Seen {
  /** When Caddy was started. */
  readonly started: string;
  readonly open: ReadonlyMap<string, number>;
  readonly context: RouterContext;
}

/** The decider knows the route and who is alive; what is open, Caddy knows. */
function stateOf(held: RouteState, { started, open, context }: Seen): RouteState {
  const addresses = new Map(context.servers.map(({ id, address }) => [id, `${address.host}:${address.port}`]));
  const servers = Object.entries(held.servers).map(([id, { up }]) => {
    const address = addresses.get(id);
    return [id, { up, openSessions: address === undefined ? 0 : (open.get(address) ?? 0) }] as const;
  });
  return { ...held, instance: `${held.instance} caddy-${started}`, servers: Object.fromEntries(servers) };
}
