/** The HAProxy configuration a target needs, whole or in the three parts that go into a configuration of one's own. */
import type { PoolName, ServerSpec } from '../../../domain/server.ts';
import type { HaproxyInstance, IdentitySpec } from '../../../domain/spec.ts';
import { nameIn } from './look.ts';
import { fallbackTable, variables } from './names.ts';
import { splitRules } from './rules.ts';

export interface HaproxyConfigOrder {
  readonly target: string;
  readonly servers: readonly ServerSpec[];
  readonly identity: IdentitySpec;
  readonly instance: HaproxyInstance;
  /** `address:port` of the public entrance. */
  readonly entrance: string;
  /** `address:port` of the Prometheus exporter, on loopback; none when not said. */
  readonly exporter?: string;
  readonly check?: HealthCheck;
}

export interface HealthCheck {
  /** Asked with GET; a plain TCP connect when not said. */
  readonly path?: string;
  readonly intervalMs: number;
  readonly rise: number;
  readonly fall: number;
}

const defaultCheck: HealthCheck = { intervalMs: 1_000, rise: 1, fall: 2 };

/** A complete haproxy.cfg. */
export const haproxyConfig = (order: HaproxyConfigOrder): string =>
  [globalSection(order.instance), defaultsSection, ...frontends(order), ...haproxyBackends(order)]
    .join('\n\n')
    .concat('\n');

/** `load-server-state-from-file local` lets every target have a state file of its own. */
const globalSection = ({ socket }: HaproxyInstance): string => `global
  stats socket ${socket} mode 600 level admin expose-fd listeners
  stats timeout 30s
  hard-stop-after 30s`;

const defaultsSection = `defaults
  mode http
  option idle-close-on-response
  option redispatch
  load-server-state-from-file local
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h`;

function frontends(order: HaproxyConfigOrder): string[] {
  const rules = haproxyRules(order);
  return [
    `frontend ${order.target}
  bind ${order.entrance}
  http-request del-header x-gray-probe
${rules}`,
    `# Probes: the same rules, told in headers; on loopback, because it believes every identity header.
frontend ${order.target}_probe
  bind ${bindOf(order.instance.probe)}
  no log
  http-request set-header x-gray-probe 1
${rules}
${probeHeaders(order)}`,
    ...exporterSection(order),
  ];
}

function exporterSection({ exporter }: HaproxyConfigOrder): string[] {
  if (exporter === undefined) return [];
  return [
    `frontend metrics
  bind ${exporter}
  no log
  http-request use-service prometheus-exporter if { path /metrics }`,
  ];
}

/** The rules of a frontend, public or probe: from a request to a backend. */
export const haproxyRules = ({ target, identity, instance }: HaproxyConfigOrder): string =>
  splitRules({ target, identity, map: instance.map, backends: instance.backends });

/** What the probe entrance tells; also on answers that HAProxy gives itself. */
const probeHeaders = ({ target }: HaproxyConfigOrder): string => {
  const name = variables(target);
  return `  http-after-response set-header x-gray-pool %[var(${name('served')})]
  http-after-response set-header x-gray-server %s
  http-after-response set-header x-gray-fence %[var(${name('cfg')}),field(1,|)]
  http-after-response set-header x-gray-period %[var(${name('period')})]
  http-after-response set-header x-gray-arm %[var(${name('arm')})]
  http-after-response set-header x-gray-fallback %[var(${name('fallback')})] if { var(${name('fallback')}) -m found }`;
};

/** Both pools, every server in each. A plain start without a state file serves the base: pool a, nothing on gray. */
export const haproxyBackends = (order: HaproxyConfigOrder): string[] => [
  backend(order, 'a'),
  backend(order, 'b'),
  `# Counts, per arm, the requests that its own pool could not serve: failures of that arm.
backend ${fallbackTable(order.target)}
  stick-table type string len 8 size 100 store http_req_cnt`,
];

function backend({ servers, instance, check = defaultCheck }: HaproxyConfigOrder, pool: PoolName): string {
  const { path, intervalMs, rise, fall } = check;
  const heaviest = Math.max(100, ...servers.map(({ weight }) => weight));
  const lines = servers.map((server) => {
    const { host, port } = server.address;
    const disabled = pool === 'b' || server.spare ? ' disabled' : '';
    // HAProxy knows weights from 1 to 256.
    const weight = Math.max(1, Math.round((server.weight / heaviest) * 100));
    return `  server ${nameIn(server, pool)} ${host}:${port} check weight ${weight}${tlsOf(server)}${disabled}`;
  });
  return [
    `backend ${instance.backends[pool]}`,
    '  balance roundrobin',
    ...(path === undefined ? [] : [`  option httpchk GET ${path}`]),
    `  server-state-file-name ${instance.stateFile}`,
    `  default-server inter ${intervalMs} rise ${rise} fall ${fall}`,
    ...lines,
  ].join('\n');
}

function tlsOf({ tls }: ServerSpec): string {
  if (tls === undefined) return '';
  const name = tls.serverName === undefined ? '' : ` sni str(${tls.serverName}) verifyhost ${tls.serverName}`;
  return ` ssl verify required ca-file ${tls.caFile ?? '@system-ca'}${name}`;
}

const bindOf = (url: string): string => {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? 80 : port}`;
};
