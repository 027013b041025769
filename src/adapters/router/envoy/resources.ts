/** The files that Envoy follows: a whole route, and the servers of each cluster, as discovery responses in JSON. */
import { createHash } from 'node:crypto';
import { canonical, type DesiredRoute } from '../../../domain/route.ts';
import { otherPool, type Place, type PoolName, type ServerSpec } from '../../../domain/server.ts';
import type { IdentitySpec } from '../../../domain/spec.ts';
import { bucketOf, effectiveShareBp } from '../../../domain/split.ts';
import { clusterOf } from './names.ts';

export interface ResourceOrder {
  readonly target: string;
  readonly identity: IdentitySpec;
  readonly servers: readonly ServerSpec[];
}

/** Fence, and a digest of all that the route says. */
export function generationOf(route: DesiredRoute, order: ResourceOrder): string {
  const said = JSON.stringify([stateOf(route, order), order.target]);
  const digest = createHash('sha256').update(canonical(route)).update(said).digest('hex').slice(0, 16);
  return `${route.fence}-${digest}`;
}

/** One resource, so no request sees half a change. `generation` is empty before the first release. */
export function routeText(route: DesiredRoute, order: ResourceOrder, generation: string): string {
  const { target } = order;
  const metadata = { filter_metadata: { [luaFilter]: { generation, ...stateOf(route, order) } } };
  const host = {
    name: target,
    domains: ['*'],
    retry_policy: retries,
    routes: [
      ...(['a', 'b'] as const).map((pool) => ({
        match: { prefix: '/', dynamic_metadata: [decided(pool)] },
        route: to(target, pool),
      })),
      // Asked first, and for what nobody decided.
      { match: { prefix: '/' }, metadata, route: to(target, route.stable) },
    ],
  };
  const type = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration';
  return response(generation, { '@type': type, name: target, virtual_hosts: [host] });
}

export const luaFilter = 'envoy.filters.http.lua';

/** Only requests that surely no server has begun; the third try is one of the other pool. */
const retries = {
  retry_on: 'connect-failure,refused-stream,reset-before-request',
  num_retries: 3,
  retry_host_predicate: [
    extension('envoy.retry_host_predicates.previous_hosts', 'host.previous_hosts.v3.PreviousHostsPredicate'),
  ],
  host_selection_retry_max_attempts: 5,
  retry_priority: extension(
    'envoy.retry_priorities.previous_priorities',
    'priority.previous_priorities.v3.PreviousPrioritiesConfig',
    { update_frequency: 2 },
  ),
};

function extension(name: string, type: string, config: object = {}) {
  return { name, typed_config: { '@type': `type.googleapis.com/envoy.extensions.retry.${type}`, ...config } };
}

const decided = (pool: PoolName) => ({
  filter: 'gray',
  path: [{ key: 'pool' }],
  value: { string_match: { exact: pool } },
});

/** Servers and clients end what takes too long; Envoy would after 15 s. */
const to = (target: string, pool: PoolName) => ({ cluster: clusterOf(target, pool), timeout: '0s' });

/** What `gray.lua` asks for, key by key: a request pays only for what it looks at. */
function stateOf(route: DesiredRoute, { identity: { header, cookie } }: ResourceOrder) {
  const { split, stable, period, fence } = route;
  const segments = split.segments ?? [];
  return {
    ...{ fence: String(fence), period, stable, rest: split.rest, salt: split.salt },
    shareBp: effectiveShareBp(route),
    ...(header !== undefined && { header: header.toLowerCase() }),
    ...(cookie !== undefined && { cookie }),
    segments: [...new Set(segments.map((one) => one.header))],
    ...Object.fromEntries(
      segments.flatMap((one) => one.values.map((value) => [`segment:${one.header}:${value}`, true] as const)),
    ),
    ...listed('gray', split.salt, split.alwaysGray),
    ...listed('stable', split.salt, split.alwaysStable),
  };
}

/** Envoy takes seconds for 100,000 entries and a moment for 1,000 long ones. A request looks through one of them. */
const listParts = 1_000;

/** The users of a list by their buckets, each between line breaks. */
function listed(list: 'gray' | 'stable', salt: string, users: readonly string[]): Record<string, string> {
  const parts = new Map<string, string>();
  for (const user of users) {
    const key = `${list}:${bucketOf(salt, user) % listParts}`;
    parts.set(key, `${parts.get(key) ?? '\n'}${user}\n`);
  }
  return Object.fromEntries(parts);
}

/** Every server is in it, so that Envoy checks them all and counts what is open at those that left. */
export function serversText(
  places: Readonly<Record<string, Place>>,
  { target, servers }: Pick<ResourceOrder, 'target' | 'servers'>,
  pool: PoolName,
): string {
  const endpoints = [pool, otherPool(pool)].map((name, priority) => ({
    priority,
    lb_endpoints: servers
      .filter(({ id }) => placeIn(places, id) === name || (priority === 1 && placeIn(places, id) === 'out'))
      .map((server) => endpoint(server, placeIn(places, server.id))),
  }));
  return response(undefined, {
    '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
    cluster_name: clusterOf(target, pool),
    policy: { overprovisioning_factor: oneIsEnough },
    endpoints,
  });
}

const placeIn = (places: Readonly<Record<string, Place>>, id: string): Place => places[id] ?? 'out';

/** The other pool answers when no server of this one does, and not earlier. */
const oneIsEnough = 100_000;

const endpoint = ({ id, address, weight }: ServerSpec, place: Place) => ({
  endpoint: { address: { socket_address: { address: address.host, port_value: address.port } } },
  ...(place === 'out' && { health_status: 'DRAINING' }),
  metadata: { filter_metadata: { gray: { id, pool: place } } },
  load_balancing_weight: Math.max(1, Math.round(weight)),
});

/** A line for each server and each rule: people look at these files. */
const response = (version: string | undefined, resource: object): string =>
  JSON.stringify({ ...(version !== undefined && { version_info: version }), resources: [resource] })
    .replace(/\{"(endpoint|match)"/g, '\n$&')
    .concat('\n');
