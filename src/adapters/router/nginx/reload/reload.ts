/**
 * nginx without Lua: the route is a file that its configuration includes. Every change is tested on a copy, written, and taken over
 * by a reload, which cuts idle kept connections. See docs/decisions/nginx-lua.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { staleFence } from '../../../../domain/errors.ts';
import type { RouteState } from '../../../../domain/route.ts';
import type { NginxReloadRouterSpec } from '../../../../domain/spec.ts';
import { confirmRoute } from '../../confirmation.ts';
import { drainServers } from '../../draining.ts';
import { readIfThere } from '../../haproxy/files.ts';
import { askProbe } from '../../haproxy/probe.ts';
import type {
  Confirmation,
  ConfirmRequest,
  Drained,
  DrainRequest,
  Router,
  RouterAbilities,
  RouterContext,
} from '../../port.ts';
import { applyAt, type ReloadHooks } from './apply.ts';
import { masterOf } from './process.ts';
import { generationIn, routeOf } from './routes.ts';
import { runningGeneration } from './running.ts';
import { trafficOf } from './sessions.ts';
import { includeFor, type Site } from './site.ts';

export const nginxReloadAbilities: RouterAbilities = {
  kind: 'nginx',
  // Stock nginx has `split_clients` and no other hash.
  hash: 'murmur2',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  // A reload cuts kept connections that are idle; a client may be about to use one.
  dropsOnChange: true,
  survivesRestart: true,
  closesSessions: false,
};

export function nginxReloadRouter(
  spec: NginxReloadRouterSpec,
  context: RouterContext,
  hooks: ReloadHooks = {},
): Router {
  const site: Site = { spec, context };
  const read = () => stateOf(site);
  return {
    abilities: nginxReloadAbilities,
    read,
    apply: async (desired) => {
      await applyAt(site, desired, hooks);
      return read();
    },
    confirm: (request) => confirmSite(site, request),
    drain: (request) => drainSite(site, request),
  };
}

/** What runs, whatever lies in the file. */
async function stateOf(site: Site): Promise<RouteState> {
  const { route, instance, master } = await runningOf(site);
  return { route, instance, servers: await trafficOf(master, site.context.servers) };
}

/** The same without a look at every connection. */
async function runningOf({ spec, context }: Site) {
  const master = await masterOf(spec.pid);
  const route = await routeOf(spec.include, await runningGeneration(spec), context);
  return { route, instance: master.instance, servers: {}, master };
}

async function confirmSite(site: Site, request: ConfirmRequest): Promise<Confirmation> {
  const { probe, identity } = site.spec;
  const order = { probe, identity, version: request.version };
  const confirmation = await confirmRoute(
    request,
    { read: () => runningOf(site) },
    (...who) => askProbe(order, ...who),
    nginxReloadAbilities.hash,
  );
  const problems = [...confirmation.problems, ...(await drift(site))];
  return { ...confirmation, ok: problems.length === 0, problems };
}

/** The file is what the next reload or restart makes of the traffic, so it has to be what runs. */
async function drift(site: Site): Promise<string[]> {
  const { include } = site.spec;
  const running = await runningGeneration(site.spec);
  const file = await readIfThere(include);
  const written = generationIn(file);
  if (written !== running) {
    return [
      `${include} holds generation ${written || 'none'}, and nginx runs ${running || 'none'}: it was not reloaded`,
    ];
  }
  if (running === '') return file.trim() === '' ? [] : [`${include} was written by somebody else`];
  const { text } = includeFor(site, await routeOf(include, running, site.context));
  return file === text ? [] : [`${include} was changed by hand; the next write mends it`];
}

/** Workers of earlier generations still end the requests they have: their connections are counted like all others. */
async function drainSite(site: Site, request: DrainRequest): Promise<Drained> {
  const read = () => stateOf(site);
  const refuseLate = async (fence: number) => {
    const { route } = await runningOf(site);
    if (route.fence !== fence) throw staleFence(fence, route.fence, site.spec.include);
    return {};
  };
  const { route } = await runningOf(site);
  await sleep(Math.min(underWayMs, request.patienceMs), undefined, request.signal && { signal: request.signal });
  await refuseLate(route.fence);
  return drainServers(request, { read, close: (_servers, fence) => refuseLate(fence) });
}

/** A request that an old worker had read before the reload is at its server within this. */
const underWayMs = 20;
