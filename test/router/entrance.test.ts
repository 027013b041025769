import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { http } from '../support/http.ts';
import { startLoad } from '../support/load.ts';
import { eventually } from '../support/processes.ts';
import { type TestRouter, testRouter } from './running.ts';

const serverOf = async (url: string, headers: Record<string, string> = {}) =>
  (await http(`${url}/version`, { headers })).headers['x-server'];

describe('who asks', () => {
  test('is told by the header, else by the cookie, else by nobody', async () => {
    const { running, route } = await testRouter();
    await route({ alwaysGray: ['eve'] }, { s2: 'out', s4: 'out' });
    expect(await serverOf(running.entrance, { 'x-user-id': 'eve' })).toBe('s3');
    expect(await serverOf(running.entrance, { cookie: 'theme=dark; uid=eve; x=1' })).toBe('s3');
    expect(await serverOf(running.entrance, { 'x-user-id': 'bob', cookie: 'uid=eve' })).toBe('s1');
    expect(await serverOf(running.entrance, { 'x-user-id': '', cookie: 'xuid=eve; uid=' })).toBe('s1');
  });

  test('is told by the cookie alone where the edge does not vouch for the header, except for probes', async () => {
    const { running, route } = await testRouter({
      identity: { header: 'x-user-id', cookie: 'uid', trustHeader: false },
    });
    await route({ alwaysGray: ['eve'] }, { s2: 'out', s4: 'out' });
    expect(await serverOf(running.entrance, { 'x-user-id': 'eve' })).toBe('s1');
    expect(await serverOf(running.entrance, { cookie: 'uid=eve' })).toBe('s3');
    expect(await serverOf(running.probe, { 'x-user-id': 'eve' })).toBe('s3');
  });
});

describe('an answer', () => {
  test('names its route at the probe entrance, and to the public only when asked to', async () => {
    const { running, route } = await testRouter();
    const { fence } = await route({ alwaysGray: ['eve'] }, { s4: 'out' });
    const eve = { headers: { 'x-user-id': 'eve' } };
    expect((await http(`${running.probe}/version`, eve)).headers).toMatchObject({
      'x-gray-arm': 'gray',
      'x-gray-pool': 'b',
      'x-gray-server': 's3',
      'x-gray-fence': `${fence}`,
      'x-gray-period': 'gray',
    });
    expect((await http(`${running.entrance}/version`, eve)).headers['x-gray-arm']).toBeUndefined();
    const open = await testRouter({ revealRoute: true });
    expect((await http(`${open.running.entrance}/version`)).headers).toMatchObject({ 'x-gray-arm': 'stable' });
  });

  test('comes to a request that went on as it was sent, with the client named once', async () => {
    const { running } = await testRouter();
    const path = '/a/../b//c%2Fd?x=1&y=?&x=2';
    const answer = await http(`${running.entrance}/`, { headers: { 'x-forwarded-for': '10.1.2.3' } });
    expect(JSON.parse(answer.body).headers).toMatchObject({ 'x-forwarded-for': '10.1.2.3, 127.0.0.1' });
    expect(await rawPath(running.entrance, path)).toBe(path);
  });

  test('that breaks off in its middle is cut for the client too, who does not wait for ever', async () => {
    const { running } = await testRouter();
    await expect(http(`${running.entrance}/half`)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  test('that does not come in time is 504, and nobody else is asked', async () => {
    const { running, backends } = await testRouter({ answerTimeoutMs: 100 });
    expect((await http(`${running.entrance}/hold?id=1`)).status).toBe(504);
    expect(total(backends)).toBe(1);
  });
});

describe('a server that dies', () => {
  test('loses no request that may be repeated, and gets no further one', async () => {
    const { running, backends, route } = await testRouter();
    await route({ shareBp: 5_000 });
    const load = startLoad({ url: `${running.entrance}/version`, header: 'x-user-id', users: 100, loops: 10 });
    for (const id of ['s1', 's3', 's4'] as const) {
      await load.more(50);
      await backends[id].stop();
    }
    await load.more(50);
    expect((await load.stop()).lost).toEqual([]);
  });

  test('is asked again only once it answers a check', async () => {
    const { running, adapter, backends, route } = await testRouter();
    await route({}, { s2: 'out' });
    await backends.s1.stop();
    expect((await http(`${running.entrance}/version`)).headers['x-server']).toMatch(/s[34]/);
    expect((await adapter.read()).servers.s1?.up).toBe(false);
    await backends.s1.start();
    await eventually(async () => (await serverOf(running.entrance)) === 's1');
  });

  test('that enters a pool again is asked first whether it lives', async () => {
    const { running, adapter, backends, route } = await testRouter({ health: { everyMs: 60_000, timeoutMs: 1_000 } });
    await route({}, { s1: 'out' });
    await backends.s1.stop();
    await route({}, { s1: 'a', s2: 'out' });
    expect((await adapter.read()).servers.s1?.up).toBe(false);
    expect(await serverOf(running.entrance)).toMatch(/s[34]/);
    await route({}, { s1: 'out' });
    await backends.s1.start();
    await route({}, { s1: 'a', s2: 'out' });
    expect(await serverOf(running.entrance)).toBe('s1');
  });

  test('or only hangs, is found out by a check that asks for a page', async () => {
    const health = { everyMs: 50, timeoutMs: 100 };
    const asking = await testRouter({ health: { ...health, get: '/version' } });
    expect(await serverOf(asking.running.entrance)).toMatch(/s\d/);
    const hanging = await testRouter({ health: { ...health, get: '/hold?id=health' } });
    expect((await http(`${hanging.running.entrance}/version`)).status).toBe(503);
  });

  test('leaves 503 when it was the last of both pools', async () => {
    const { running, backends } = await testRouter();
    for (const backend of Object.values(backends)) await backend.stop();
    expect((await http(`${running.entrance}/version`)).status).toBe(503);
  });
});

describe('a request that may not be repeated', () => {
  test.each([
    ['POST', undefined],
    ['PUT', 'with a body'],
  ])('(%s, body %s) reaches one server once, and its loss is told', async (method, body) => {
    const { running, backends } = await testRouter();
    const answer = await http(`${running.entrance}/cut`, { method, ...(body === undefined ? {} : { body }) });
    expect(answer.status).toBe(502);
    expect(total(backends)).toBe(1);
  });

  test('is the difference to a GET, which three tries are made for', async () => {
    const { running, backends } = await testRouter();
    expect((await http(`${running.entrance}/cut`)).status).toBe(502);
    expect(total(backends)).toBe(3);
  });

  test('has a connection of its own, which no server can have closed before', async () => {
    const { running } = await testRouter();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const seen = async (method: string) => {
      const answer = await http(`${running.entrance}/`, { method, agent, headers: { 'content-length': '0' } });
      return JSON.parse(answer.body).headers.connection;
    };
    expect(await seen('POST')).toBe('close');
    expect(await seen('GET')).toBe('keep-alive');
  });
});

describe('inside a pool', () => {
  test('servers take turns by weight', async () => {
    const { running, route } = await testRouter({}, { s1: 300, s2: 100 });
    await route();
    const counts: Record<string, number> = {};
    for (let n = 0; n < 40; n += 1) {
      const server = String(await serverOf(running.entrance));
      counts[server] = (counts[server] ?? 0) + 1;
    }
    expect(counts).toEqual({ s1: 30, s2: 10 });
  });
});

test('a client that goes away leaves no session behind', async () => {
  const { running, adapter, backends } = await testRouter();
  const id = randomUUID();
  const { hostname, port } = new URL(running.entrance);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /hold?id=${id} HTTP/1.1\r\nhost: shop\r\n\r\n`);
  await eventually(() => Object.values(backends).some((backend) => backend.holds(id)));
  socket.destroy();
  const open = async () => Object.values((await adapter.read()).servers).some(({ openSessions }) => openSessions > 0);
  await eventually(async () => !(await open()));
});

const total = (backends: TestRouter['backends']): number =>
  Object.values(backends).reduce((sum, { requests }) => sum + requests, 0);

/** The path the server saw, sent as it is: a URL parser would tidy it up first. */
const rawPath = (base: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(/"url":"([^"]*)"/.exec(text)?.[1] ?? text));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n`);
  });
