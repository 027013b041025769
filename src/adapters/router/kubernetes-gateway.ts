/**
 * A gateway of the Kubernetes Gateway API: one HTTPRoute that matches a bucket header the edge sets, and two Services
 * that select pods by their pool label. See docs/adapters/kubernetes-gateway.md for what was run and what was not.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { staleFence } from '../../domain/errors.ts';
import type { RouteState } from '../../domain/route.ts';
import type { KubernetesGatewayRouterSpec } from '../../domain/spec.ts';
import { bucketOf } from '../../domain/split.ts';
import { joinPath, placeOf as placeOfUrl } from '../base-url.ts';
import { kubeAccess } from '../kubernetes/access.ts';
import { kubeClient } from '../kubernetes/client.ts';
import { askServer } from '../server-request.ts';
import { isUnreachable, versionIn } from '../version-probe.ts';
import { confirmRoute, type ProbeAnswer, type ProbeAttributes } from './confirmation.ts';
import { probeHeaders } from './identity-headers.ts';
import { applyAt, look, rulesOrder, type Seen, type Site } from './kubernetes-gateway/apply.ts';
import { bucketText } from './kubernetes-gateway/buckets.ts';
import { isReady, statusProblems } from './kubernetes-gateway/objects.ts';
import { rulesFor } from './kubernetes-gateway/rules.ts';
import type {
  Confirmation,
  ConfirmRequest,
  Drained,
  DrainRequest,
  Router,
  RouterAbilities,
  RouterContext,
} from './port.ts';

export { kubernetesGatewayDoctor } from './kubernetes-gateway/doctor.ts';

export const kubernetesGatewayAbilities: RouterAbilities = {
  kind: 'kubernetes-gateway',
  granularityBp: 1,
  sticky: true,
  monotone: true,
  // One HTTPRoute changes in one step; when each replica of a gateway takes it over is the gateway's business.
  atomic: false,
  // As may be whether it loses requests meanwhile: some gateways reload.
  dropsOnChange: true,
  survivesRestart: true,
  closesSessions: false,
};

export function kubernetesGatewayRouter(spec: KubernetesGatewayRouterSpec, context: RouterContext): Router {
  const call = kubeClient(() => kubeAccess(spec));
  const site: Site = { spec, context, call };
  const read = async () => stateOf(await look(site), context);
  return {
    abilities: kubernetesGatewayAbilities,
    read,
    apply: async (desired) => stateOf(await applyAt(site, desired), context),
    confirm: (request) => confirmSite(site, request),
    drain: (request) => drainBlind(request, read),
  };
}

/** A cluster does not tell how many requests a pod has open. */
const stateOf = ({ object, pods, route }: Seen, { servers }: RouterContext): RouteState => ({
  route,
  instance: object.metadata.uid,
  servers: Object.fromEntries(servers.map(({ id }) => [id, { up: isReady(pods.get(id)), openSessions: 0 }])),
});

async function confirmSite(site: Site, request: ConfirmRequest): Promise<Confirmation> {
  let last: Seen | undefined;
  const read = async () => {
    last = await look(site);
    return stateOf(last, site.context);
  };
  const confirmation = await confirmRoute(request, { read }, (...who) => askProbe(site.spec, request, ...who));
  const rules = rulesFor(request.desired, rulesOrder(site.spec));
  const changed = isDeepStrictEqual(last?.object.spec.rules, rules) ? [] : ['the rules of the HTTPRoute are others'];
  const problems = [...confirmation.problems, ...changed, ...(last === undefined ? [] : statusProblems(last.object))];
  return { ...confirmation, ok: problems.length === 0, problems };
}

/** Open requests cannot be seen, so all of the patience is theirs. Throws `staleFence` when somebody has written since. */
async function drainBlind({ patienceMs, signal }: DrainRequest, read: () => Promise<RouteState>): Promise<Drained> {
  signal?.throwIfAborted();
  const { fence } = (await read()).route;
  await sleep(patienceMs, undefined, signal && { signal });
  const now = (await read()).route.fence;
  if (now > fence) throw staleFence(fence, now, 'the HTTPRoute');
  return { closed: {} };
}

const probeTimeoutMs = 2_000;

/** As the edge would send it: user, and bucket of the salt in force. */
async function askProbe(
  { probe, identity, bucketHeader }: KubernetesGatewayRouterSpec,
  { desired, version }: ConfirmRequest,
  user: string | null,
  attributes: ProbeAttributes,
): Promise<ProbeAnswer> {
  const place = placeOfUrl(probe);
  if (place === null) return { pool: null, version: null, error: 'the probe entrance is not an http URL' };
  const { salt } = desired.split;
  const bucket = user === null ? {} : { [bucketHeader]: bucketText(salt, bucketOf(salt, user)) };
  const told = probeHeaders({ ...(identity.header && { header: identity.header }) }, user, attributes);
  const headers = { ...told, ...bucket };
  try {
    const order = { path: joinPath(place.path, version.get), headers, timeoutMs: probeTimeoutMs };
    const answer = await askServer(place.server, order);
    const named = answer.headers['x-gray-pool'];
    const pool = named === 'a' || named === 'b' ? named : null;
    if (answer.status !== 200) return { pool, version: null, error: `status ${answer.status}` };
    const running = versionIn(answer.body, version);
    return { pool, version: isUnreachable(running) ? null : running.version };
  } catch (error) {
    return { pool: null, version: null, error: error instanceof Error ? error.message : String(error) };
  }
}
