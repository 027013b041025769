/** Adapter sections of a resolved spec. */
import { z } from 'zod';
import type { DeployerSpec, MetricsSpec, NotifierSpec, RouterSpec } from '../../domain/spec.ts';
import {
  argv,
  envName,
  expects,
  filePath,
  headerName,
  list,
  metricName,
  named,
  section,
  text,
  urlPath,
  whole,
} from '../scalars.ts';
import { milliseconds, names } from './scalars.ts';

const kindError = { error: expects('a group of keys with a kind') };
const label = () => text('one line', /^[^\r\n\0]{1,5000}$/);
const url = () => text('an http:// or https:// URL', /^https?:\/\/[^\s@]{1,2000}$/);

const identity = section({
  header: text('the name of a header', headerName).exactOptional(),
  cookie: text('the name of a cookie', headerName).exactOptional(),
  segments: list(text('the name of a header', headerName), 'header names', { min: 1, max: 20 }).exactOptional(),
});

const haproxyInstance = section({
  socket: filePath('a socket'),
  map: filePath('a map file'),
  stateFile: filePath('a state file'),
  backends: section({ a: label(), b: label() }),
  probe: url(),
});

const nginx = z.discriminatedUnion('mode', [
  section({
    kind: z.literal('nginx'),
    mode: z.literal('lua').exactOptional(),
    identity,
    admin: filePath('a Unix socket path or a loopback URL'),
    tokenEnv: envName().exactOptional(),
    entrance: url(),
    probe: url(),
  }),
  section({
    kind: z.literal('nginx'),
    mode: z.literal('reload'),
    identity,
    config: filePath('a configuration file'),
    include: filePath('the included file'),
    pid: filePath('a pid file'),
    program: argv(),
    reload: argv().exactOptional(),
    entrance: url(),
    probe: url(),
    status: url(),
  }),
]);

const singleRouters = [
  section({
    kind: z.literal('caddy'),
    identity,
    admin: filePath('a Unix socket path or a loopback URL'),
    decider: filePath('a Unix socket path or a loopback URL'),
    tokenEnv: envName().exactOptional(),
    entrance: url(),
    probe: url(),
  }),
  section({
    kind: z.literal('envoy'),
    identity,
    admin: filePath('a Unix socket path or a loopback URL'),
    dir: filePath('a directory'),
    entrance: url(),
    probe: url(),
  }),
  section({ kind: z.literal('memory'), identity }),
  section({
    kind: z.literal('embedded'),
    identity,
    admin: filePath('a Unix socket path or a loopback URL'),
    tokenEnv: envName().exactOptional(),
    entrance: url(),
    probe: url(),
  }),
  nginx,
  section({
    kind: z.literal('kubernetes-gateway'),
    identity,
    bucketHeader: text('the name of a header', headerName),
    kubeconfig: filePath('a kubeconfig file').exactOptional(),
    context: label().exactOptional(),
    namespace: label(),
    route: label(),
    services: section({ a: label(), b: label() }),
    port: whole(1, 65_535),
    pods: label(),
    entrance: url(),
    probe: url(),
  }),
  section({
    kind: z.literal('haproxy'),
    identity,
    entrance: url(),
    instances: list(haproxyInstance, 'instances', { min: 1, max: 50 }),
  }),
] as const;

const namedRouter = section({ name: label(), router: z.discriminatedUnion('kind', singleRouters, kindError) });

export const router: z.ZodType<RouterSpec> = z.discriminatedUnion(
  'kind',
  [
    ...singleRouters,
    section({ kind: z.literal('several'), routers: list(namedRouter, 'routers', { min: 2, max: 50 }) }),
  ],
  kindError,
);

export const deployer: z.ZodType<DeployerSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory') }),
    section({
      kind: z.literal('process'),
      dir: filePath('a directory'),
      start: argv(),
      env: names(),
      stopMs: milliseconds(),
      readyMs: milliseconds(),
    }),
    section({ kind: z.literal('command'), command: argv(), env: names(), timeoutMs: milliseconds() }),
    section({
      kind: z.literal('ssh'),
      dir: filePath('a directory'),
      service: z.union([
        section({ unit: label(), as: z.enum(['sudo', 'self', 'user']) }),
        section({ restart: argv(), pid: argv().exactOptional(), log: argv().exactOptional() }),
      ]),
      ask: argv().exactOptional(),
      user: label().exactOptional(),
      port: whole(1, 65_535).exactOptional(),
      identityFile: filePath('a file').exactOptional(),
      knownHostsFile: filePath('a file').exactOptional(),
      configFile: filePath('a file').exactOptional(),
      hostKeys: z.enum(['known', 'acceptNew']),
      keep: whole(1, 100),
      sessions: whole(1, 100),
      connectMs: milliseconds(),
      stepMs: milliseconds(),
      readyMs: milliseconds(),
    }),
    section({
      kind: z.literal('container'),
      socket: filePath('a socket'),
      network: label(),
      port: whole(1, 65_535).exactOptional(),
      hostIp: label().exactOptional(),
      command: argv().exactOptional(),
      env: names(),
      mounts: list(label(), 'mounts', { max: 100 }),
      create: named('a key', /^[A-Z][A-Za-z0-9]{0,62}$/, z.json()).exactOptional(),
      registryAuthEnv: envName().exactOptional(),
      trialPortOffset: whole(1, 64_511).exactOptional(),
      restart: z.enum(['unless-stopped', 'always', 'on-failure', 'no']),
      stopMs: milliseconds(),
      readyMs: milliseconds(),
      pullMs: milliseconds(),
    }),
    section({
      kind: z.literal('kubernetes'),
      kubeconfig: filePath('a kubeconfig file').exactOptional(),
      context: label().exactOptional(),
      namespace: label(),
      workload: z.enum(['deployment', 'pod']),
      container: label().exactOptional(),
      pullCheck: z.boolean(),
      readyMs: milliseconds(),
      pullMs: milliseconds(),
    }),
  ],
  kindError,
);

const probe = section({
  get: urlPath(),
  requests: whole(1, 100),
  timeoutMs: milliseconds(),
  slowMs: milliseconds(),
}).exactOptional();

const expositionMetric = z.union([
  section({ total: label(), bad: named('a label name', /^[A-Za-z_]\w*$/, label()) }),
  section({ histogram: label(), aboveSeconds: z.number().positive() }),
]);

const pools = section({ a: label(), b: label() });

const routerCounters = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('haproxy'), at: label(), pools, clients: pools.exactOptional() }),
    section({ kind: z.literal('envoy'), at: url(), pools }),
    section({ kind: z.literal('embedded'), at: url() }),
  ],
  kindError,
);

const routerMetric = z.union([
  section({ bad: list(z.enum(['4xx', '5xx']), 'classes', { min: 1, max: 2 }) }),
  section({ aboveSeconds: z.number().positive() }),
  section({ clients: z.literal('failed') }),
]);

const queries = z.union([
  section({ total: query(), bad: query() }),
  section({ histogram: label(), aboveSeconds: z.number().positive(), matching: query().exactOptional() }),
]);

export const metrics: z.ZodType<MetricsSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory'), intervalMs: milliseconds() }),
    section({
      kind: z.literal('exposition'),
      path: urlPath(),
      intervalMs: milliseconds(),
      define: named('a metric name', metricName, expositionMetric),
      probe,
    }),
    section({
      kind: z.literal('router'),
      intervalMs: milliseconds(),
      from: list(routerCounters, 'routers', { min: 1, max: 50 }),
      define: named('a metric name', metricName, routerMetric),
      probe,
    }),
    section({
      kind: z.literal('prometheus'),
      url: url(),
      tokenEnv: envName().exactOptional(),
      scrapeMs: milliseconds(),
      intervalMs: milliseconds(),
      instanceLabel: label(),
      define: named('a metric name', metricName, queries),
      probe,
    }),
  ],
  kindError,
);

function query() {
  return text('PromQL', /^[^\0]{1,5000}$/);
}

export const notifier: z.ZodType<NotifierSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory') }),
    section({ kind: z.literal('log') }),
    section({ kind: z.literal('webhook'), urlEnv: envName(), format: z.enum(['json', 'slack']) }),
  ],
  kindError,
);
