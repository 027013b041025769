/** HAProxy 2.6 and later, by its runtime CLI: a map holds the split, server states hold the pools, files hold both. */
import type { RouteState } from '../../domain/route.ts';
import type { HaproxyRouterSpec, IdentitySpec } from '../../domain/spec.ts';
import { confirmRoute } from './confirmation.ts';
import { drainServers } from './draining.ts';
import { applyAt, lookAt, type Site } from './haproxy/apply.ts';
import { closeSessionsAt } from './haproxy/drain.ts';
import type { Held } from './haproxy/look.ts';
import { refuseOddNames } from './haproxy/names.ts';
import { askProbe } from './haproxy/probe.ts';
import { noSteps, type OnStep } from './haproxy/steps.ts';
import type { Confirmation, ConfirmRequest, Router, RouterAbilities, RouterContext } from './port.ts';
import { severalRouters } from './several.ts';

export { haproxyConfig } from './haproxy/config.ts';
export { haproxyDoctor } from './haproxy/doctor.ts';
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
  const parts = spec.instances.map((instance) => ({
    name: instance.socket,
    router: instanceRouter({ instance, context, onStep }, spec.identity),
  }));
  return severalRouters(parts, { abilities: haproxyAbilities });
}

/** Every instance has its own probe entrance and has to follow by itself. */
function instanceRouter(site: Site, identity: IdentitySpec): Router {
  const read = async () => stateOf(await lookAt(site));
  return {
    abilities: haproxyAbilities,
    read,
    apply: async (desired) => stateOf(await applyAt(site, desired)),
    confirm: (request) => confirmSite(site, identity, request),
    drain: (request) =>
      drainServers(request, { read, close: (servers, fence) => closeSessionsAt(site, servers, fence) }),
  };
}

async function confirmSite(site: Site, identity: IdentitySpec, request: ConfirmRequest): Promise<Confirmation> {
  const { probe, socket } = site.instance;
  let last: Held | undefined;
  const read = async () => {
    last = await lookAt(site);
    return stateOf(last);
  };
  const order = { probe, identity, version: request.version };
  const confirmation = await confirmRoute(request, { read }, (...who) => askProbe(order, ...who));
  const inBoth = (last?.inBoth ?? []).map((id) => `${id} is ready in both pools`);
  const problems = [...confirmation.problems, ...inBoth].map((problem) => `${socket}: ${problem}`);
  return { ...confirmation, ok: problems.length === 0, problems };
}

const stateOf = ({ route, process, traffic }: Held): RouteState => ({ route, instance: process, servers: traffic });
