import { writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { haproxyDoctor, haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { HaproxyRouterSpec } from '../../../src/domain/spec.ts';
import { Haproxy } from '../../support/haproxy.ts';
import { freePorts } from '../../support/ports.ts';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

const twoServers = async (): Promise<ServerSpec[]> =>
  (await freePorts(2)).map((port, n) => ({
    id: `s${n + 1}`,
    address: { host: '127.0.0.1', port },
    gray: n === 1,
    spare: false,
    weight: 100,
  }));

async function start(edit: (config: string) => string = (config) => config) {
  const servers = await twoServers();
  const haproxy = await Haproxy.start({ servers, edit });
  ends.push(() => haproxy.end());
  return { haproxy, context: { target: haproxy.target, servers } };
}

async function problems(spec: HaproxyRouterSpec, context: { target: string; servers: readonly ServerSpec[] }) {
  const findings = await haproxyDoctor(spec, context);
  for (const { ok, mend } of findings) expect(mend === '').toBe(ok);
  return findings.flatMap(({ ok, what }) => (ok ? [] : [what]));
}

test('the documented configuration has no findings, before and after a write', async () => {
  const { haproxy, context } = await start();
  expect(await problems(haproxy.spec, context)).toEqual([]);
  const router = haproxyRouter(haproxy.spec, context);
  await router.apply({ ...(await router.read()).route, fence: 1 });
  expect(await problems(haproxy.spec, context)).toEqual([]);
});

test('one global state file is as good as one for each target', async () => {
  const { haproxy, context } = await start((config) => {
    const file = /server-state-file-name (\S+)/.exec(config)?.[1];
    return config
      .replace('load-server-state-from-file local', 'load-server-state-from-file global')
      .replaceAll(/ +server-state-file-name .*\n/g, '')
      .replace('global\n', `global\n  server-state-file ${file}\n`);
  });
  expect(await problems(haproxy.spec, context)).toEqual([]);
  const router = haproxyRouter(haproxy.spec, context);
  const { route } = await router.read();
  await router.apply({ ...route, fence: 1, servers: { s1: 'a', s2: 'b' } });
  await haproxy.restart();
  expect((await router.read()).route.servers).toEqual({ s1: 'a', s2: 'b' });
});

test.each<[string, (config: string) => string, RegExp]>([
  [
    'server states that a reload forgets',
    (config) => config.replace(/ +load-server-state-from-file local\n/, ''),
    /a reload of HAProxy would forget/,
  ],
  [
    'a state file of another name',
    (config) => config.replaceAll('shop.state', 'other.state'),
    /shop\.state is not loaded/,
  ],
  ['a socket that may not write', (config) => config.replace('level admin', 'level operator'), /has not level admin/],
  ['a server without a health check', (config) => config.replace(/(server s1 \S+) check/, '$1'), /no health check/],
  [
    'a server that is in one pool only',
    (config) => config.replace(/(backend shop_b[^#]*) {2}server s2 .*\n/, '$1'),
    /no server shop_b\/s2/,
  ],
  [
    'a server that is not of the target',
    (config) => config.replace(/(backend shop_b\n)/, '$1  server s9 127.0.0.1:9 check\n'),
    /shop_b\/s9 is no server/,
  ],
  [
    'a map that another target uses too',
    (config) =>
      config.replace(/( +http-request set-var)\(txn\.shop_cfg\)(.*\n)/, '$1(txn.shop_cfg)$2$1(txn.blog_cfg)$2'),
    /is used for something else too/,
  ],
  [
    'a map that is not in the configuration',
    (config) => config.replaceAll('shop.map', 'shop.state'),
    /has no map .*shop\.map/,
  ],
  [
    'a probe entrance that tells nothing',
    (config) => config.replace(/ +http-after-response set-header x-gray-pool.*\n/, ''),
    /does not send x-gray-pool/,
  ],
])('doctor finds %s', async (_, edit, sentence) => {
  const { haproxy, context } = await start(edit);
  expect((await problems(haproxy.spec, context)).join('\n')).toMatch(sentence);
});

test('doctor finds a HAProxy that does not run', async () => {
  const { haproxy, context } = await start();
  await haproxy.kill();
  const found = await problems(haproxy.spec, context);
  expect(found.some((what) => what.includes('admin.sock'))).toBe(true);
  expect(found.some((what) => what.includes('does not answer'))).toBe(true);
});

test('several instances are written in parallel, and one that is away leaves no other behind', async () => {
  const servers = await twoServers();
  const both = await Promise.all([1, 2].map(() => Haproxy.start({ servers })));
  for (const haproxy of both) ends.push(() => haproxy.end());
  const [first, second] = both;
  if (first === undefined || second === undefined) throw new Error('two were started');
  const context = { target: 'shop', servers };
  const router = haproxyRouter({ ...first.spec, instances: both.map(({ instance }) => instance) }, context);
  const only = (haproxy: Haproxy) => haproxyRouter(haproxy.spec, context).read();
  const { route } = await router.read();

  await router.apply({ ...route, fence: 1, period: 'gray' });
  for (const haproxy of both) expect((await only(haproxy)).route).toMatchObject({ fence: 1, period: 'gray' });

  await first.kill();
  const exception = { ...route, fence: 2, period: 'exception' } as const;
  await expect(router.apply(exception)).rejects.toMatchObject({ code: 'routerUnreachable' });
  expect((await only(second)).route).toMatchObject({ fence: 2, period: 'exception' });

  await first.start();
  await router.apply(exception);
  expect((await only(first)).route).toMatchObject({ fence: 2, period: 'exception' });
  expect((await router.read()).instance.split(',')).toHaveLength(2);
});

test('a map file edited into nonsense counts as none, and older fences are refused all the same', async () => {
  const { haproxy, context } = await start();
  const router = haproxyRouter(haproxy.spec, context);
  const { route } = await router.read();
  await router.apply({ ...route, fence: 3, release: 'r' });
  await haproxy.kill();
  await writeFile(haproxy.instance.map, 'cfg what|is|this\n');
  await haproxy.start();
  expect((await router.read()).route).toMatchObject({ fence: 0, period: 'normal' });
  await expect(router.apply({ ...route, fence: 2 })).rejects.toMatchObject({
    code: 'staleFence',
    details: { seen: 3 },
  });
  expect((await router.apply({ ...route, fence: 4, release: 'r' })).route.fence).toBe(4);
});
