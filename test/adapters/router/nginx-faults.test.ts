/** Faults around nginx, what the doctor says of one, its hash, and that the page shows the tested configuration. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NginxConfigOrder, nginxConfig } from '../../../src/adapters/router/nginx/config.ts';
import { nginxLuaDoctor, nginxLuaRouter } from '../../../src/adapters/router/nginx.ts';
import { canonical, type DesiredRoute } from '../../../src/domain/route.ts';
import { Nginx } from '../../support/nginx.ts';
import { eventually } from '../../support/processes.ts';
import { type HttpServers, httpBench, startServers } from './http-bench.ts';

process.env.GRAY_NGINX_FAULT_TOKEN = 'right';
process.env.GRAY_NGINX_OTHER_TOKEN = 'other';
const tokenEnv = 'GRAY_NGINX_FAULT_TOKEN';

let servers: HttpServers;
let nginx: Nginx;
let bench: ReturnType<typeof httpBench>;

beforeAll(async () => {
  servers = await startServers();
  nginx = await Nginx.start({ servers: servers.specs, tokenEnv });
  bench = httpBench(servers, { public: nginx.spec.entrance, probe: nginx.spec.probe });
});
afterAll(async () => {
  await nginx.end();
  await bench.end();
});

const context = () => ({ target: 'faults', servers: servers.specs });
const router = () => nginxLuaRouter(nginx.spec, context());

async function apply(change: Partial<DesiredRoute>): Promise<DesiredRoute> {
  const { route } = await router().read();
  const desired = { ...route, ...change, fence: route.fence + 1, release: 'faults' };
  return (await router().apply(desired)).route;
}

describe('nginx', () => {
  test('keeps the route through a reload, which the instance shows', async () => {
    const { route } = await router().read();
    const held = await apply({ period: 'gray', split: { ...route.split, shareBp: 2_500, salt: 'reload' } });
    const { instance } = await router().read();
    await nginx.reload();
    const after = await eventually(async () => {
      const state = await router().read();
      return state.instance === instance ? null : state;
    });
    expect(canonical(after.route)).toBe(canonical(held));
  });

  test('loses nobody when a server dies under load: a request that may be repeated goes to another one', async () => {
    await apply({ servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'b', s5: 'out' } });
    const answers: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 60; n += 1) answers.push((await bench.request(null, 'public', 'fresh')).status);
    });
    await bench.stopServer('s2');
    await Promise.all(load);
    expect(answers).toHaveLength(240);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    await bench.startServer('s2');
    await eventually(async () => (await router().read()).servers.s2?.up === true);
  });

  test('refuses a state file that is no route, rather than guess', async () => {
    const held = await apply({});
    const kept = await readFile(nginx.stateFile, 'utf8');
    expect(JSON.parse(JSON.parse(kept).text)).toEqual(held);
    await nginx.kill();
    await nginx.spoil('{"text": 5}');
    await expect(nginx.run()).rejects.toThrow();
    await nginx.spoil(kept);
    await nginx.run();
    expect(canonical((await router().read()).route)).toBe(canonical(held));
  });
});

describe('the doctor', () => {
  const complaints = async (...args: Parameters<typeof nginxLuaDoctor>) =>
    (await nginxLuaDoctor(...args)).flatMap(({ ok, what }) => (ok ? [] : [what]));

  test('finds nothing wrong with the documented configuration, and names what differs', async () => {
    expect(await complaints(nginx.spec, context())).toEqual([]);
    const [first, ...rest] = servers.specs;
    if (first === undefined) throw new Error('no servers');
    const moved = { ...first, id: 'new', address: { ...first.address, host: 'pay.internal' } };
    expect(await complaints(nginx.spec, { target: 'faults', servers: [moved, ...rest] })).toEqual([
      'nginx does not know [new], and knows others [s1]',
      'not at an IPv4 address: new',
    ]);
    expect(await complaints({ ...nginx.spec, tokenEnv: 'GRAY_NGINX_OTHER_TOKEN' }, context())).toEqual([
      'the admin token is missing or wrong',
    ]);
    expect(await complaints({ ...nginx.spec, probe: nginx.spec.entrance }, context())).toEqual([
      expect.stringMatching(/probe entrance .* does not send x-gray-pool/),
    ]);
  });
});

const server = (n: number) => ({
  ...{ id: `pay-${n}`, address: { host: `10.0.0.1${n}`, port: 8080 } },
  ...{ gray: n === 3, spare: false, weight: 100 },
});

const documented: NginxConfigOrder = {
  target: 'payments',
  servers: [server(1), server(2), server(3)],
  identity: { header: 'x-user-id', cookie: 'uid' },
  lua: '/etc/nginx/gray',
  stateFile: '/var/lib/gray/payments.json',
  tokenFile: '/etc/nginx/gray/payments.token',
  admin: '127.0.0.1:8406',
  entrance: '80',
  probe: '127.0.0.1:8405',
  check: { path: '/health', intervalMs: 1_000 },
};

test('the page shows the very configuration that nginxConfig() prints', async () => {
  const page = await readFile(new URL('../../../docs/adapters/nginx.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`nginx\n${nginxConfig(documented)}\`\`\``);
});
