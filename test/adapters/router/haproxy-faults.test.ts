/** What breaks HAProxy with releases on it, one test for each. */
import { rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withCli } from '../../../src/adapters/router/haproxy/cli.ts';
import { haproxyFallbacks, haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import { canonical } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { http } from '../../support/http.ts';
import { eventually } from '../../support/processes.ts';
import {
  apply,
  confirmed,
  context,
  everywhere,
  haproxy,
  route,
  router,
  server,
  serverFor,
  skipFences,
  useHaproxy,
} from './haproxy-site.ts';

useHaproxy();

test('20 000 listed users enter in small pieces and leave in one commit, and HAProxy lives', async () => {
  const alwaysGray = Array.from({ length: 20_000 }, (_, n) => `listed-user-${n}`);
  const pid = await haproxy.workerPid();
  await apply({ split: { alwaysGray } });
  for (const user of ['listed-user-0', 'listed-user-11111', 'listed-user-19999']) {
    expect(await serverFor(user)).toBe('s4');
  }
  expect(await serverFor('listed-user-20000')).not.toBe('s4');
  expect(canonical((await router.read()).route)).toContain('listed-user-19999');
  await apply({ period: 'exception' });
  expect(await serverFor('listed-user-11111')).not.toBe('s4');
  expect(await haproxy.workerPid()).toBe(pid);
});

test('identity comes from the header, else from the cookie, and an empty header is none', async () => {
  const desired = await apply({ split: { shareBp: 5_000, alwaysGray: ['Ümit, (1)!'] } });
  for (const user of ['anna', 'bert', 'cleo', 'dora']) {
    const gray = assign(desired, user) === 'gray';
    expect((await serverFor(user)) === 's4').toBe(gray);
    expect((await serverFor(user, true)) === 's4').toBe(gray);
  }
  const bytes = Buffer.from('Ümit, (1)!').toString('latin1');
  expect(await serverFor(bytes)).toBe('s4');
  const gray = ['anna', 'bert', 'cleo', 'dora'].find((user) => assign(desired, user) === 'gray') ?? '';
  const headers = { 'x-user-id': '', cookie: `uid=${gray}` };
  expect((await http(haproxy.entrance, { headers })).headers['x-server']).toBe('s4');
});

test('a split without a salt is hashed all the same', async () => {
  const desired = await apply({ split: { shareBp: 5_000, salt: '' } });
  const users = Array.from({ length: 30 }, (_, n) => `user-${n}`);
  const served = await Promise.all(users.map((user) => serverFor(user)));
  expect(served.map((id) => id === 's4')).toEqual(users.map((user) => assign(desired, user) === 'gray'));
});

test('a server that died while it was out does not serve when it is put in, and serves once it lives again', async () => {
  await server('s5').stop();
  const desired = route({ split: { shareBp: 10_000 }, servers: { ...everywhere, s5: 'b' } });
  expect((await router.apply(desired)).servers.s5).toMatchObject({ up: false });
  for (let n = 0; n < 20; n += 1) expect(await serverFor(`user-${n}`)).toBe('s4');
  await server('s5').start();
  await eventually(async () => (await router.read()).servers.s5?.up);
  expect(await confirmed(desired)).toMatchObject({ problems: [] });
});

test('at share 100 % with an empty stable pool, requests without identity follow rest', async () => {
  const empty = { s1: 'b', s2: 'b', s3: 'b', s4: 'b', s5: 'out' } as const;
  await apply({ split: { shareBp: 10_000, rest: 'gray', alwaysStable: ['bob'] }, servers: empty });
  const before = await haproxyFallbacks(haproxy.spec, context());
  for (let n = 0; n < 20; n += 1) expect(await serverFor(n % 2 === 0 ? null : 'bob')).toMatch(/^s\d$/);
  expect(await haproxyFallbacks(haproxy.spec, context())).toEqual(before);
});

test('what a pool cannot serve the other one answers, counted against the arm it belongs to', async () => {
  await apply({ split: { shareBp: 5_000, alwaysGray: ['eve'] }, servers: { ...everywhere, s4: 'out' } });
  const before = await haproxyFallbacks(haproxy.spec, context());
  for (let n = 0; n < 7; n += 1) expect(await serverFor('eve')).toMatch(/^s[123]$/);
  const answer = await http(haproxy.instance.probe, { headers: { 'x-user-id': 'eve' } });
  expect(answer.headers).toMatchObject({ 'x-gray-arm': 'gray', 'x-gray-pool': 'a', 'x-gray-fallback': 'gray' });
  expect(await haproxyFallbacks(haproxy.spec, context())).toEqual({ ...before, gray: before.gray + 8 });
});

test('a reload and a kill keep split, lists and membership, from files alone, and both are noticed', async () => {
  const desired = await apply({
    split: { shareBp: 3_000, alwaysGray: ['eve'] },
    servers: { s1: 'a', s2: 'out', s3: 'b', s4: 'b', s5: 'out' },
  });
  for (const again of [() => haproxy.reload(), () => haproxy.restart()]) {
    const { instance } = await router.read();
    await again();
    const state = await router.read();
    expect(state.instance).not.toBe(instance);
    expect(canonical(state.route)).toBe(canonical(desired));
    expect(await confirmed(desired)).toMatchObject({ problems: [] });
    for (let n = 0; n < 30; n += 1) {
      const gray = assign(desired, `user-${n}`) === 'gray';
      expect(await serverFor(`user-${n}`)).toMatch(gray ? /^s[34]$/ : /^s1$/);
    }
  }
});

test('a start without files serves the base from pool a, nothing on gray', async () => {
  await apply({ split: { shareBp: 10_000 } });
  await haproxy.kill();
  await rm(haproxy.instance.stateFile);
  await haproxy.start();
  const state = await router.read();
  expect(state.route.servers).toEqual({ s1: 'a', s2: 'a', s3: 'a', s4: 'a', s5: 'out' });
  for (let n = 0; n < 20; n += 1) expect(await serverFor(`user-${n}`)).toMatch(/^s[1-4]$/);
});

test('a fence far ahead is taken, and the next one after it', async () => {
  skipFences(5_000);
  const jumped = await apply({ split: { shareBp: 100 } });
  expect((await router.read()).route.fence).toBe(jumped.fence);
  await expect(router.apply({ ...jumped, fence: jumped.fence - 1 })).rejects.toMatchObject({ code: 'staleFence' });
  const next = await apply({ split: { shareBp: 200 } });
  expect(await confirmed(next)).toMatchObject({ problems: [] });
});

test('a writer that dies at any line is finished by a repeat of its write', async () => {
  for (let step = 0; ; step += 1) {
    await apply();
    const desired = route({
      split: { shareBp: 4_000, alwaysGray: ['eve'] },
      servers: { ...everywhere, s3: 'b', s5: 'b' },
    });
    let steps = 0;
    const dying = haproxyRouter(haproxy.spec, context(), () => {
      steps += 1;
      if (steps === step + 1) throw new Error('died');
    });
    const died = await dying.apply(desired).then(
      () => false,
      () => true,
    );
    await router.apply(desired);
    expect(canonical((await router.read()).route), `step ${step}`).toBe(canonical(desired));
    expect(await confirmed(desired), `step ${step}`).toMatchObject({ problems: [] });
    if (!died) return expect(step).toBeGreaterThan(30);
  }
});

test('attempts of one write at once may end each other, but never for good: a repeat leaves it done', async () => {
  const desired = route({ split: { shareBp: 2_500 } });
  const attempts = [1, 2, 3].map(() => haproxyRouter(haproxy.spec, context()).apply(desired));
  for (const result of await Promise.allSettled(attempts)) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ transient: true });
  }
  await haproxyRouter(haproxy.spec, context()).apply(desired);
  expect(await confirmed(desired)).toMatchObject({ problems: [] });
});

test('a writer stuck in the middle of a long reply is expelled like any other', async () => {
  await apply({ split: { alwaysGray: Array.from({ length: 20_000 }, (_, n) => `a-rather-long-listed-user-${n}`) } });
  const stuck = connect(haproxy.instance.socket);
  stuck.on('error', () => undefined);
  for (const line of ['prompt', 'set timeout cli 7d', 'show version']) {
    stuck.write(`${line}\n`);
    await sleep(30);
  }
  stuck.pause();
  stuck.write(`show map ${haproxy.instance.map}\n`);
  await sleep(50);
  const desired = await apply({ period: 'exception' });
  const closed = new Promise((resolve) => stuck.once('close', resolve));
  stuck.write('set server shop_a/s1 state maint\n');
  stuck.resume();
  await closed;
  expect(canonical((await router.read()).route)).toBe(canonical(desired));
});

test('a session of a person or of a reader is left alone', async () => {
  await withCli(haproxy.instance.socket, {}, async (cli) => {
    await apply({ split: { shareBp: 1 } });
    expect(await cli.ask('show version')).toContain('2.');
  });
});

test('50 changes of share, and servers leaving and entering, lose no request of a client that never retries', async () => {
  const load = startLoad();
  for (let n = 1; n <= 50; n += 1) {
    const s3 = n % 5 < 2 ? 'out' : n % 2 === 0 ? 'a' : 'b';
    await apply({
      split: { shareBp: n * 200 },
      servers: { s1: 'a', s2: 'a', s3, s4: 'b', s5: n % 3 === 0 ? 'b' : 'out' },
    });
    await sleep(20);
  }
  const { served, lost } = await load.stop();
  expect(lost).toEqual([]);
  expect(served).toBeGreaterThan(500);
}, 60_000);

/** Kept and fresh connections, every tenth request without identity, nothing ever retried. */
function startLoad() {
  const agent = new Agent({ keepAlive: true });
  let running = true;
  let served = 0;
  const lost: string[] = [];
  const worker = async (id: number) => {
    for (let n = 0; running; n += 1) {
      const headers: Record<string, string> = n % 10 === 0 ? {} : { 'x-user-id': `user-${(n * 7 + id) % 400}` };
      const reused = id % 4 === 0 ? {} : { agent };
      await http(haproxy.entrance, { headers, ...reused }).then(
        ({ status }) => (status === 200 ? served++ : lost.push(`status ${status}`)),
        (error: unknown) => lost.push(String(error)),
      );
      await sleep(15);
    }
  };
  const workers = Array.from({ length: 8 }, (_, id) => worker(id));
  return {
    stop: async () => {
      running = false;
      await Promise.all(workers);
      agent.destroy();
      return { served, lost };
    },
  };
}
