/**
 * Envoy decides in its Lua filter, by metadata of the route it follows in a file. A change is one file renamed: share,
 * lists, segments and fence together; servers enter before it and leave after it. See docs/adapters/envoy.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { staleFence } from '../../domain/errors.ts';
import type { RouteState } from '../../domain/route.ts';
import type { EnvoyRouterSpec } from '../../domain/spec.ts';
import { confirmRoute } from './confirmation.ts';
import { drainServers } from './draining.ts';
import { applyAt, type EnvoyHooks } from './envoy/apply.ts';
import { driftAt } from './envoy/drift.ts';
import { type Looked, lookAt } from './envoy/running.ts';
import type { Site } from './envoy/site.ts';
import { askProbe } from './haproxy/probe.ts';
import type {
  Confirmation,
  ConfirmRequest,
  Drained,
  DrainRequest,
  Router,
  RouterAbilities,
  RouterContext,
} from './port.ts';

export { type EnvoyConfigOrder, envoyConfig, envoyFilesAtRest } from './envoy/config.ts';
export { envoyDoctor } from './envoy/doctor.ts';

export const envoyAbilities: RouterAbilities = {
  kind: 'envoy',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  // Envoy cuts no requests of one server.
  closesSessions: false,
};

export function envoyRouter(spec: EnvoyRouterSpec, context: RouterContext, hooks: EnvoyHooks = {}): Router {
  const site: Site = { spec, context };
  const read = async () => stateOf(await lookAt(site));
  return {
    abilities: envoyAbilities,
    read,
    apply: async (desired) => stateOf(await applyAt(site, desired, hooks)),
    confirm: (request) => confirmSite(site, request),
    drain: (request) => drainSite(site, request),
  };
}

async function confirmSite(site: Site, request: ConfirmRequest): Promise<Confirmation> {
  const { probe, identity } = site.spec;
  const order = { probe, identity, version: request.version };
  let last: Looked | undefined;
  const read = async () => {
    last = await lookAt(site);
    return last;
  };
  const confirmation = await confirmRoute(request, { read }, (...who) => askProbe(order, ...who));
  const problems = [...confirmation.problems, ...(last === undefined ? [] : await driftAt(site, last))];
  return { ...confirmation, ok: problems.length === 0, problems };
}

const stateOf = ({ route, instance, servers }: RouteState): RouteState => ({ route, instance, servers });

async function drainSite(site: Site, request: DrainRequest): Promise<Drained> {
  const read = () => lookAt(site);
  const refuseLate = async (fence: number) => {
    const { route } = await read();
    if (route.fence !== fence) throw staleFence(fence, route.fence, site.spec.dir);
    return {};
  };
  const { route } = await read();
  await sleep(Math.min(underWayMs, request.patienceMs), undefined, request.signal && { signal: request.signal });
  await refuseLate(route.fence);
  return drainServers(request, { read, close: (_servers, fence) => refuseLate(fence) });
}

/** A request that was decided just before a change is counted at its server within this. */
const underWayMs = 20;
