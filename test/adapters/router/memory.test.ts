import { expect, test } from 'vitest';
import { faultyRouter } from '../../../src/adapters/router/faulty.ts';
import { holdMemoryRouter, MemoryRouter, memoryRouter } from '../../../src/adapters/router/memory.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { RouterBench } from './bench.ts';
import { routerContract } from './contract.ts';

const servers: readonly ServerSpec[] = ['s1', 's2', 's3', 's4', 's5'].map((id, n) => ({
  id,
  address: { host: '127.0.0.1', port: 1 + n },
  gray: n >= 3,
  spare: n === 4,
  weight: 100,
}));
const spec = { kind: 'memory', identity: { header: 'x-user-id' } } as const;

async function memoryBench(): Promise<RouterBench> {
  const memory = new MemoryRouter({ target: 'contract', servers });
  const versions = new Map(servers.map(({ id }) => [id, '1']));
  memory.versionOf = (server) => versions.get(server) ?? null;
  const release = holdMemoryRouter('contract', memory);
  return {
    connect: () => memoryRouter(spec, { target: 'contract', servers }),
    servers,
    version: { get: '/version', version: '$.version', digest: '$.digest' },
    setVersion: (server, version) => void versions.set(server, version),
    request: async (user, _entrance, _connection, attributes) => {
      const session = memory.open(user, attributes);
      session?.end();
      return session === null ? { status: 503, server: null } : { status: 200, server: session.server };
    },
    open: async (user) => {
      const session = memory.open(user);
      if (session === null) throw new Error('no server serves');
      return { server: session.server, ended: session.ended, end: () => session.end() };
    },
    stopServer: async (server) => memory.setUp(server, false),
    startServer: async (server) => memory.setUp(server, true),
    restart: async () => memory.restart(),
    drift: async (edit) => memory.drift(edit),
    end: async () => release(),
  };
}

routerContract('memory', memoryBench);

test('handles made for one target share one router, other targets have their own', async () => {
  const one = memoryRouter(spec, { target: 'shared', servers });
  const { route } = await one.read();
  await one.apply({ ...route, fence: 1 });
  expect((await memoryRouter(spec, { target: 'shared', servers }).read()).route.fence).toBe(1);
  expect((await memoryRouter(spec, { target: 'other', servers }).read()).route.fence).toBe(0);
});

test('a fault is met at the chosen call, before or after its effect', async () => {
  const router = faultyRouter(new MemoryRouter({ target: 'faults', servers }));
  const { route } = await router.read();
  router.inject({ method: 'apply', call: 2, at: 'before' });
  router.inject({ method: 'apply', call: 3, at: 'after' });
  await router.apply({ ...route, fence: 1 });
  await expect(router.apply({ ...route, fence: 2 })).rejects.toMatchObject({ code: 'routerUnreachable' });
  expect((await router.read()).route.fence).toBe(1);
  await expect(router.apply({ ...route, fence: 3 })).rejects.toMatchObject({ code: 'routerUnreachable' });
  expect((await router.read()).route.fence).toBe(3);
  await router.apply({ ...route, fence: 4 });
  expect((await router.read()).route.fence).toBe(4);
});
