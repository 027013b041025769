/** The bootstrap configuration that a target needs, once. What changes lies in the files that a release writes. */

import { routeAtRest } from '../../../domain/fence.ts';
import type { PoolName } from '../../../domain/server.ts';
import { clusterOf, filesIn } from './names.ts';
import { type ResourceOrder, routeText, serversText } from './resources.ts';

export interface EnvoyConfigOrder {
  readonly target: string;
  /** Directory of the files that a release writes. */
  readonly dir: string;
  /** The path of `gray.lua`. */
  readonly lua: string;
  /** `address:port` of the public entrance. */
  readonly entrance: string;
  /** `address:port` of the probe entrance, on loopback. */
  readonly probe: string;
  /** `address:port` of Envoy's admin side, or the path of a Unix socket. */
  readonly admin: string;
  readonly check: { readonly path: string; readonly intervalMs: number };
}

/** A whole envoy.yaml. */
export const envoyConfig = (order: EnvoyConfigOrder): string => `node: { id: ${order.target}, cluster: gray }
# latencies for metrics of kind router; every 5 s otherwise
stats_flush_interval: 1s
admin:
  address: ${order.admin.startsWith('/') ? `{ pipe: { path: ${order.admin}, mode: 384 } }` : address(order.admin)}
static_resources:
  listeners:
${listener(order, { name: order.target, listen: order.entrance, settings: edge, filters: '' })}
    # Probes: the same rules, told in headers; on loopback, because it believes every identity header.
${listener(order, { name: `${order.target}_probe`, listen: order.probe, settings: '', filters: probeFilters })}
  clusters:
${cluster(order, 'a')}
${cluster(order, 'b')}
`;

const address = (listen: string): string => {
  const at = listen.lastIndexOf(':');
  return `{ socket_address: { address: ${listen.slice(0, at)}, port_value: ${listen.slice(at + 1)} } }`;
};

interface Listener {
  readonly name: string;
  readonly listen: string;
  /** Beside the usual ones. */
  readonly settings: string;
  /** Before `gray.lua`. */
  readonly filters: string;
}

const edge = `                # clients are outside: they choose no retries and no address
                use_remote_address: true
`;

const types = 'type.googleapis.com/envoy.extensions';

const listener = (
  { target, dir, lua }: EnvoyConfigOrder,
  { name, listen, settings, filters }: Listener,
): string => `    - name: ${name}
      address: ${address(listen)}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": ${types}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ${name}
                upgrade_configs: [{ upgrade_type: websocket }]
${settings}                rds:
                  route_config_name: ${target}
                  config_source: { path_config_source: { path: ${filesIn(dir).route} } }
                http_filters:
${filters}                  - name: envoy.filters.http.lua
                    typed_config:
                      "@type": ${types}.filters.http.lua.v3.Lua
                      default_source_code: { filename: ${lua} }
                  - name: envoy.filters.http.router
                    typed_config: { "@type": ${types}.filters.http.router.v3.Router }`;

const tellHeader = (header: string, value: string): string =>
  `                          - append: { header: { key: ${header}, value: '${value}' }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }`;

const probeFilters = `                  - name: envoy.filters.http.set_metadata
                    typed_config:
                      "@type": ${types}.filters.http.set_metadata.v3.Config
                      metadata: [{ metadata_namespace: gray.probe, value: { probe: true } }]
                  - name: envoy.filters.http.header_mutation
                    typed_config:
                      "@type": ${types}.filters.http.header_mutation.v3.HeaderMutation
                      mutations:
                        response_mutations:
${[
  tellHeader('x-gray-pool', '%UPSTREAM_METADATA(gray:pool)%'),
  tellHeader('x-gray-server', '%UPSTREAM_METADATA(gray:id)%'),
  ...['arm', 'fence', 'period'].map((name) => tellHeader(`x-gray-${name}`, `%DYNAMIC_METADATA(gray:${name})%`)),
].join('\n')}
`;

const cluster = (
  { target, dir, check }: EnvoyConfigOrder,
  pool: PoolName,
): string => `    - name: ${clusterOf(target, pool)}
      type: EDS
      eds_cluster_config: { eds_config: { path_config_source: { path: ${filesIn(dir).servers[pool]} } } }
      connect_timeout: 1s
      # shorter than the servers keep an idle connection
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": ${types}.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options: { idle_timeout: 3s }
          explicit_http_config: { http_protocol_options: {} }
      # the ceilings that Envoy sets by itself are low
      circuit_breakers:
        thresholds: [{ max_connections: 100000, max_pending_requests: 100000, max_requests: 100000, max_retries: 1000 }]
      # never a server that fails, even when all do: then the other pool; workers learn at once who entered or left
      common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: 0s }
      health_checks:
        - timeout: 1s
          interval: ${check.intervalMs / 1_000}s
          no_traffic_interval: ${check.intervalMs / 1_000}s
          unhealthy_threshold: 2
          healthy_threshold: 1
          http_health_check: { path: ${check.path} }`;

/** What lies in `dir` before the first release: everybody on pool a. By file name. */
export const envoyFilesAtRest = (order: ResourceOrder): Readonly<Record<string, string>> => {
  const route = routeAtRest(order.servers);
  const { route: path, servers } = filesIn('');
  return {
    [path]: routeText(route, order, ''),
    [servers.a]: serversText(route.servers, order, 'a'),
    [servers.b]: serversText(route.servers, order, 'b'),
  };
};
