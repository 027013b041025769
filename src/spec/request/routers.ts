/** Section `router` of a resolved spec. */
import { z } from 'zod';
import type { RouterSpec } from '../../domain/spec.ts';
import { argv, envName, filePath, headerName, list, section, text, whole } from '../scalars.ts';
import { kindError, label, url } from './common.ts';

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
