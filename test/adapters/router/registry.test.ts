import { expect, test } from 'vitest';
import { createRouter, routers } from '../../../src/adapters/router/index.ts';
import type { RouterSpec } from '../../../src/domain/spec.ts';

const identity = { header: 'x-user-id' };
const local = { entrance: 'http://127.0.0.1:1', probe: 'http://127.0.0.1:2' };
const specs: readonly RouterSpec[] = [
  { kind: 'memory', identity },
  { kind: 'embedded', identity, admin: '/nowhere/admin.sock', ...local },
  { kind: 'nginx', identity, admin: '/nowhere/nginx.sock', ...local },
  {
    ...{ kind: 'nginx', mode: 'reload', identity, config: '/nowhere/nginx.conf', include: '/nowhere/route.conf' },
    ...{ pid: '/nowhere/nginx.pid', program: ['nginx'], status: 'http://127.0.0.1:3', ...local },
  },
  { kind: 'envoy', identity, admin: '/nowhere/envoy.sock', dir: '/nowhere', ...local },
  { kind: 'caddy', identity, admin: '/nowhere/caddy.sock', decider: '/nowhere/decider.sock', ...local },
  {
    kind: 'kubernetes-gateway',
    ...{ identity, bucketHeader: 'x-gray-bucket', namespace: 'shop', route: 'shop', port: 80, pods: 'app=shop' },
    ...{ services: { a: 'shop-a', b: 'shop-b' }, ...local },
  },
  {
    kind: 'haproxy',
    identity,
    entrance: local.entrance,
    instances: [
      {
        socket: '/nowhere/haproxy.sock',
        map: '/nowhere/shop.map',
        stateFile: '/nowhere/servers.state',
        backends: { a: 'shop-a', b: 'shop-b' },
        probe: local.probe,
      },
    ],
  },
  {
    kind: 'several',
    routers: [
      { name: 'edge', router: { kind: 'memory', identity } },
      { name: 'inner', router: { kind: 'memory', identity } },
    ],
  },
];

test.each(specs)('a release with router kind $kind gets that router', (spec) => {
  expect(createRouter(spec, { target: 'registry', servers: [] }).abilities.kind).toBe(spec.kind);
});

test('every registered kind is tried above', () => {
  expect([...new Set(specs.map(({ kind }) => kind))].sort()).toEqual(Object.keys(routers).sort());
});

test('a kind that does not exist is refused, with the known ones', () => {
  const spec = JSON.parse('{"kind": "pigeon"}');
  expect(() => createRouter(spec, { target: 'registry', servers: [] })).toThrow(/pigeon.*memory, embedded, haproxy/);
});
