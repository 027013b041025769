/** HAProxy 2.6 and later, by its runtime CLI: a map holds the split, server states hold the pools, files hold both. */
import { GrayError } from '../../domain/errors.ts';
import type { DesiredRoute, RouteState, ServerTraffic } from '../../domain/route.ts';
import type { HaproxyRouterSpec } from '../../domain/spec.ts';
import { confirmRoute } from './confirmation.ts';
import { drainServers } from './draining.ts';
import { applyAt, lookAt, type Site } from './haproxy/apply.ts';
import { closeSessionsAt } from './haproxy/drain.ts';
import type { Held } from './haproxy/look.ts';
import { refuseOddNames } from './haproxy/names.ts';
import { askProbe } from './haproxy/probe.ts';
import { noSteps, type OnStep } from './haproxy/steps.ts';
import type { Confirmation, ConfirmRequest, Router, RouterAbilities, RouterContext } from './port.ts';

export { haproxyConfig } from './haproxy/config.ts';
export { type Finding as HaproxyFinding, haproxyDoctor } from './haproxy/doctor.ts';
export { haproxyFallbacks } from './haproxy/fallbacks.ts';

export const haproxyAbilities: RouterAbilities = {
  kind: 'haproxy',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  atomic: true,
  dropsOnChange: false,
  survivesRestart: true,
  closesSessions: true,
};

/** Throws `invalidInput` for names that HAProxy's CLI cannot take. `onStep` is for tests that freeze a writer. */
export function haproxyRouter(spec: HaproxyRouterSpec, context: RouterContext, onStep: OnStep = noSteps): Router {
  refuseOddNames(spec, context);
  const sites = spec.instances.map((instance): Site => ({ instance, context, onStep }));
  const read = async () => merged(await Promise.all(sites.map(lookAt)));
  return {
    abilities: haproxyAbilities,
    read,
    apply: async (desired) => merged(await allOf(sites.map((site) => applyAt(site, desired)))),
    confirm: (request) => confirmSites(spec, sites, request),
    drain: (request) =>
      drainServers(request, {
        read,
        close: async (servers, fence) =>
          summed(await allOf(sites.map((site) => closeSessionsAt(site, servers, fence)))),
      }),
  };
}

/** Every instance has its own probe entrance and has to follow by itself. */
async function confirmSites(
  { identity }: HaproxyRouterSpec,
  sites: readonly Site[],
  request: ConfirmRequest,
): Promise<Confirmation> {
  const confirmations = await Promise.all(sites.map((site) => confirmSite(site, identity, request)));
  const problems = confirmations.flatMap((one) => one.problems);
  return {
    ok: problems.length === 0,
    problems,
    probes: confirmations.flatMap(({ probes }) => probes),
    instance: confirmations.map(({ instance }) => instance).join(','),
  };
}

async function confirmSite(
  site: Site,
  identity: HaproxyRouterSpec['identity'],
  request: ConfirmRequest,
): Promise<Confirmation> {
  const { probe, socket } = site.instance;
  let last: Held | undefined;
  const read = async () => {
    last = await lookAt(site);
    return stateOf(last);
  };
  const order = { probe, identity, version: request.version };
  const confirmation = await confirmRoute(request, { read }, (user) => askProbe(order, user));
  const inBoth = (last?.inBoth ?? []).map((id) => `${id} is ready in both pools`);
  const problems = [...confirmation.problems, ...inBoth].map((problem) => `${socket}: ${problem}`);
  return { ...confirmation, ok: problems.length === 0, problems };
}

/** All calls run to their end before a failure is told, so that no instance is left out. A stale fence is told first: it is final. */
async function allOf<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(calls);
  const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw failures.find(isStale) ?? failures[0];
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

const isStale = (error: unknown): boolean => error instanceof GrayError && error.code === 'staleFence';

const stateOf = ({ route, process, traffic }: Held): RouteState => ({ route, instance: process, servers: traffic });

/** Several instances as one router. Where they differ the newest route counts: who writes next must go beyond it. */
function merged(all: readonly Held[]): RouteState {
  const [first, ...rest] = all;
  if (first === undefined) throw new GrayError('routerRefused', 'a HAProxy router needs at least one instance');
  const newest = rest.reduce((one, other) => (other.route.fence > one.route.fence ? other : one), first);
  return {
    route: newest.route satisfies DesiredRoute,
    instance: all.map(({ process }) => process).join(','),
    servers: Object.fromEntries(Object.keys(newest.route.servers).map((id) => [id, trafficOf(all, id)])),
  };
}

const trafficOf = (all: readonly Held[], id: string): ServerTraffic => ({
  up: all.every(({ traffic }) => traffic[id]?.up ?? false),
  openSessions: all.reduce((sum, { traffic }) => sum + (traffic[id]?.openSessions ?? 0), 0),
});

function summed(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of counts) for (const [id, count] of Object.entries(each)) sum[id] = (sum[id] ?? 0) + count;
  return sum;
}
