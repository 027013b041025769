/**
 * nginx with the Lua module: `gray.lua` decides every request and takes new routes on its admin side, with the fence
 * checked there, under a lock. No reload. See docs/decisions/nginx-lua.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { staleFence } from '../../../domain/errors.ts';
import { canonical, type RouteState } from '../../../domain/route.ts';
import type { NginxLuaRouterSpec } from '../../../domain/spec.ts';
import { type AdminCall, adminClient } from '../admin-client.ts';
import { confirmRoute } from '../confirmation.ts';
import { drainServers } from '../draining.ts';
import { askProbe } from '../haproxy/probe.ts';
import type { Router, RouterAbilities, RouterContext } from '../port.ts';
import { routeStateSchema } from '../route-schema.ts';

export const nginxLuaAbilities: RouterAbilities = {
  kind: 'nginx',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  // A request that nginx proxies cannot be ended from another one.
  closesSessions: false,
};

export function nginxLuaRouter(spec: NginxLuaRouterSpec, _context: RouterContext): Router {
  const admin = adminClient(spec);
  const state = (call: AdminCall): Promise<RouteState> => admin(call, routeStateSchema);
  const read = () => state({ method: 'GET', path: '/route' });
  const refuseLate = async (fence: number) => {
    const { route } = await read();
    if (route.fence !== fence) throw staleFence(fence, route.fence, spec.admin);
    return {};
  };
  return {
    abilities: nginxLuaAbilities,
    read,
    // nginx keeps both texts: one to compare repeats by, one to hand out as it came.
    apply: (desired) =>
      state({
        method: 'PUT',
        path: '/route',
        content: { canonical: canonical(desired), text: JSON.stringify(desired) },
      }),
    confirm: (request) =>
      confirmRoute(request, { read }, (...who) =>
        askProbe({ probe: spec.probe, identity: spec.identity, version: request.version }, ...who),
      ),
    drain: async (request) => {
      const { route } = await read();
      await sleep(Math.min(underWayMs, request.patienceMs), undefined, request.signal && { signal: request.signal });
      await refuseLate(route.fence);
      return drainServers(request, { read, close: (_servers, fence) => refuseLate(fence) });
    },
  };
}

/** A request that was decided just before a change is counted at its server within this. */
const underWayMs = 20;
