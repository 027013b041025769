/**
 * One whole write to a cluster. Every change is a patch that names the resourceVersion it was made from, so the API
 * server itself refuses a writer that read before a newer one wrote: check of the fence and write are one step.
 * First the fence is claimed on the HTTPRoute; then pods enter, the rules change, pods leave. Every pod gets the fence,
 * also one that stays, so that a late writer finds each of its objects changed.
 */
import { isDeepStrictEqual } from 'node:util';
import { GrayError, staleFence } from '../../../domain/errors.ts';
import { refuseOtherServers, routeAtRest } from '../../../domain/fence.ts';
import type { DesiredRoute } from '../../../domain/route.ts';
import type { Place } from '../../../domain/server.ts';
import type { KubernetesGatewayRouterSpec } from '../../../domain/spec.ts';
import { Conflict, type KubeClient } from '../../kubernetes/client.ts';
import type { RouterContext } from '../port.ts';
import {
  claimAnnotation,
  claimIn,
  contentOf,
  fenceAnnotation,
  fenceOf,
  type HttpRoute,
  httpRouteSchema,
  type Pod,
  placeOf,
  podListSchema,
  podSchema,
  poolLabel,
  routeAnnotation,
  routeIn,
} from './objects.ts';
import { rulesFor } from './rules.ts';

export interface Site {
  readonly spec: KubernetesGatewayRouterSpec;
  readonly context: RouterContext;
  readonly call: KubeClient;
}

/** Everything that is there of the target. */
export interface Seen {
  readonly object: HttpRoute;
  /** By server id. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** The route in force, with the pools that the pods are really in. */
  readonly route: DesiredRoute;
}

/** Others write these objects too: a kubelet the pods, a gateway the status. */
const attempts = 20;

export async function look({ spec, context, call }: Site): Promise<Seen> {
  const selector = encodeURIComponent(spec.pods);
  const [object, { items }] = await Promise.all([
    call({ method: 'GET', path: routePath(spec) }, httpRouteSchema),
    call({ method: 'GET', path: `${podsPath(spec)}?labelSelector=${selector}` }, podListSchema),
  ]);
  const byName = new Map(items.map((pod) => [pod.metadata.name, pod]));
  const pods = new Map(
    context.servers.flatMap(({ id }) => {
      const pod = byName.get(id);
      return pod === undefined ? [] : [[id, pod] as const];
    }),
  );
  const places = context.servers.map(({ id }) => [id, placeOf(pods.get(id))] as const);
  const held = routeIn(object) ?? routeAtRest(context.servers);
  return { object, pods, route: { ...held, servers: Object.fromEntries(places) } };
}

export async function applyAt(site: Site, desired: DesiredRoute): Promise<Seen> {
  const rules = rulesFor(desired, rulesOrder(site.spec));
  const content = contentOf(desired);
  const before = await look(site);
  refuseLate(before.object, desired, content);
  refuseOtherServers(before.route, desired);
  const entering = Object.entries(desired.servers).filter(([, place]) => place !== 'out');
  for (const [id] of entering) {
    if (!before.pods.has(id))
      throw new GrayError('routerRefused', `there is no pod ${id}`, { details: { server: id } });
  }
  if (inForce(before, desired, rules)) return before;
  await patchRoute(site, { desired, content, spec: {}, annotations: {} });
  const pods = [...before.pods.keys()];
  const move = (id: string, to: (now: Place) => Place) => patchPod(site, { id, fence: desired.fence, to });
  const wanted = (id: string): Place => desired.servers[id] ?? 'out';
  await Promise.all(pods.map((id) => move(id, (now) => (wanted(id) === 'out' ? now : wanted(id)))));
  await patchRoute(site, {
    desired,
    content,
    spec: { rules },
    annotations: { [routeAnnotation]: JSON.stringify(desired) },
  });
  await Promise.all(pods.filter((id) => wanted(id) === 'out').map((id) => move(id, () => 'out')));
  return look(site);
}

/** Object, rules and pods are as they should be: nothing is left to do. */
export function inForce({ object, pods }: Seen, desired: DesiredRoute, rules: readonly unknown[]): boolean {
  const held = routeIn(object);
  if (held === null || contentOf(held) !== contentOf(desired)) return false;
  const placed = Object.entries(desired.servers).every(([id, place]) => placeOf(pods.get(id)) === place);
  return placed && isDeepStrictEqual(object.spec.rules, rules);
}

export const rulesOrder = ({ identity, bucketHeader, services, port }: KubernetesGatewayRouterSpec) => ({
  identity: identity.header ?? '',
  bucketHeader,
  services,
  port,
});

interface RoutePatch {
  readonly desired: DesiredRoute;
  readonly content: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function patchRoute(site: Site, { desired, content, spec, annotations }: RoutePatch): Promise<void> {
  const path = routePath(site.spec);
  return untilUnchanged(async () => {
    const object = await site.call({ method: 'GET', path }, httpRouteSchema);
    refuseLate(object, desired, content);
    const claim = { [claimAnnotation]: `${desired.fence} ${content}` };
    const { resourceVersion } = object.metadata;
    const patch = { metadata: { resourceVersion, annotations: { ...claim, ...annotations } }, spec };
    await site.call({ method: 'PATCH', path, patch }, httpRouteSchema);
  });
}

interface PodPatch {
  readonly id: string;
  readonly fence: number;
  readonly to: (now: Place) => Place;
}

function patchPod({ spec, call }: Site, { id, fence, to }: PodPatch): Promise<void> {
  const path = `${podsPath(spec)}/${id}`;
  return untilUnchanged(async () => {
    const pod = await call({ method: 'GET', path }, podSchema);
    const seen = fenceOf(pod);
    if (seen > fence) throw staleFence(fence, seen, `pod ${id}`);
    const patch = {
      metadata: {
        resourceVersion: pod.metadata.resourceVersion,
        labels: { [poolLabel]: to(placeOf(pod)) },
        annotations: { [fenceAnnotation]: String(fence) },
      },
    };
    await call({ method: 'PATCH', path, patch }, podSchema);
  });
}

/** Each round reads anew, and so finds a newer writer's fence. */
async function untilUnchanged(round: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await round();
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (attempt >= attempts) throw new GrayError('routerUnreachable', `${error.message} is changed all the time`);
    }
  }
}

function refuseLate(object: HttpRoute, desired: DesiredRoute, content: string): void {
  const where = `HTTPRoute ${object.metadata.name}`;
  const claim = claimIn(object);
  const seen = Math.max(claim?.fence ?? 0, routeIn(object)?.fence ?? 0);
  if (seen > desired.fence) throw staleFence(desired.fence, seen, where);
  if (claim?.fence === desired.fence && claim.content !== content) throw staleFence(desired.fence, seen, where);
  if (claim === null && desired.fence === 0) throw staleFence(0, 0, where);
}

const routePath = ({ namespace, route }: KubernetesGatewayRouterSpec): string =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes/${route}`;

const podsPath = ({ namespace }: KubernetesGatewayRouterSpec): string => `/api/v1/namespaces/${namespace}/pods`;
