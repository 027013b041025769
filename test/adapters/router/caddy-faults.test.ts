/** What happens to users when a part of Caddy's way breaks. */
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caddyRouter } from '../../../src/adapters/router/caddy.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { Caddy } from '../../support/caddy.ts';
import { http } from '../../support/http.ts';
import { eventually } from '../../support/processes.ts';
import { type HttpServers, httpBench, startServers } from './http-bench.ts';

let servers: HttpServers;
let caddy: Caddy;
let bench: ReturnType<typeof httpBench>;
let fence = 0;

const router = () => caddyRouter(caddy.spec, { target: 'contract', servers: servers.specs });
const users = Array.from({ length: 60 }, (_, n) => `user-${n}`);

async function apply(change: Partial<DesiredRoute> = {}): Promise<DesiredRoute> {
  fence += 1;
  const desired: DesiredRoute = {
    fence,
    release: 'faults',
    period: 'gray',
    stable: 'a',
    split: { shareBp: 5_000, salt: 'faults', alwaysGray: [], alwaysStable: [], rest: 'stable' },
    servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'out' },
    ...change,
  };
  await router().apply(desired);
  return desired;
}

const follows = async (desired: DesiredRoute) => {
  const answers = await pMap(users, async (user) => ({ user, ...(await bench.request(user)) }), { concurrency: 8 });
  return answers.every(
    ({ user, server }) => desired.servers[server ?? ''] === (assign(desired, user) === 'gray' ? 'b' : 'a'),
  );
};

beforeAll(async () => {
  servers = await startServers();
  caddy = await Caddy.start({ servers: servers.specs });
  bench = httpBench(servers, { public: caddy.spec.entrance, probe: caddy.spec.probe });
});

afterAll(async () => {
  await caddy.end();
  await bench.end();
});

test('without its decider everybody reaches a stable server, nobody is lost, and it is as before when it is back', async () => {
  const desired = await apply();
  expect(await follows(desired)).toBe(true);
  await caddy.killDecider();
  const answers = await pMap([...users, null], (user) => bench.request(user), { concurrency: 8 });
  for (let n = 0; n < 6; n += 1) {
    const posted = await http(`${caddy.spec.entrance}/orders`, { method: 'POST', body: 'x'.repeat(50_000) });
    expect([posted.status, JSON.parse(posted.body).headers['content-length']]).toEqual([200, '50000']);
  }
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect([...new Set(answers.map(({ server }) => server))].sort()).toEqual(['s1', 's2']);
  await expect(router().read()).rejects.toMatchObject({ code: 'routerUnreachable' });
  await caddy.startDecider();
  await eventually(() => follows(desired));
});

test('a decider that hangs keeps nobody waiting for long, and nobody is lost', async () => {
  const desired = await apply();
  caddy.signalDecider('SIGSTOP');
  const answers = await pMap(users, (user) => bench.request(user), { concurrency: 8 });
  caddy.signalDecider('SIGCONT');
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.filter(({ server }) => server !== 's1' && server !== 's2')).toEqual([]);
  await eventually(() => follows(desired));
});

test('the way to stable follows the route: who left the stable pool is not on it', async () => {
  const road = async () => [...new Set((await readdir(join(caddy.road, 'current'))).map((name) => name.slice(3)))];
  await apply({ servers: { s1: 'a', s2: 'out', s3: 'b', s4: 'b', s5: 'out' } });
  expect(await road()).toEqual(['s1']);
  await apply({ stable: 'b' });
  expect((await road()).sort()).toEqual(['s3', 's4']);
  // At the end of leveling nobody may be left in the stable pool; requests without identity follow the servers.
  await apply({ servers: { s1: 'b', s2: 'b', s3: 'b', s4: 'b', s5: 'out' } });
  expect((await road()).sort()).toEqual(['s1', 's2', 's3', 's4']);
  expect(await readdir(caddy.road)).toEqual([await readlink(join(caddy.road, 'current')), 'current'].sort());
});

test('a server that dies costs no request: another one answers, also one with a body', async () => {
  await apply();
  await bench.stopServer('s1');
  const answers = await pMap(
    Array.from({ length: 40 }, (_, n) => n),
    (n) => http(`${caddy.spec.entrance}/version`, n % 2 === 0 ? {} : { method: 'POST', body: 'order' }),
    { concurrency: 8 },
  );
  expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  expect(new Set(answers.map(({ headers }) => headers['x-server']))).toEqual(new Set(['s2']));
  await bench.startServer('s1');
  await eventually(async () => (await router().read()).servers.s1?.up);
});

test('what comes from outside decides nothing, and the answer of the public site tells nothing', async () => {
  await apply();
  const headers = { 'x-gray-server': 's3', 'x-gray-pool': 'b', 'x-gray-arm': 'gray', 'x-gray-tried': 's2' };
  for (let n = 0; n < 6; n += 1) {
    const answer = await http(`${caddy.spec.entrance}/version`, { headers });
    expect(['s1', 's2']).toContain(answer.headers['x-server']);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-gray-'))).toEqual([]);
    const got = JSON.parse(answer.body).headers;
    expect(got).toMatchObject({ 'x-gray-arm': 'stable', 'x-gray-pool': 'a' });
    expect(got).not.toHaveProperty('x-gray-tried');
  }
});

test('method, path, query and body reach the server as they were sent', async () => {
  await apply();
  const answer = await http(`${caddy.spec.entrance}/orders/7?a=1%202&b`, {
    method: 'PUT',
    body: 'x'.repeat(100_000),
    headers: { 'x-user-id': 'user-1' },
  });
  expect(JSON.parse(answer.body)).toMatchObject({ method: 'PUT', url: '/orders/7?a=1%202&b' });
  expect(JSON.parse(answer.body).headers['content-length']).toBe('100000');
});

test('a Caddy that is not there is unreachable, and says where', async () => {
  const { spec } = caddy;
  const nowhere = caddyRouter({ ...spec, admin: `${spec.admin}.gone` }, { target: 'contract', servers: servers.specs });
  await expect(nowhere.read()).rejects.toMatchObject({
    code: 'routerUnreachable',
    message: expect.stringMatching(/caddy\.sock\.gone/),
  });
});
