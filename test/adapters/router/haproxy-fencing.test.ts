/** A writer frozen at every line of a write, an abort by another process, then it wakes: the abort stands. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entriesOf, mapText } from '../../../src/adapters/router/haproxy/map.ts';
import { parseStates } from '../../../src/adapters/router/haproxy/state-file.ts';
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { Router } from '../../../src/adapters/router/port.ts';
import { canonical, type DesiredRoute } from '../../../src/domain/route.ts';
import { assign } from '../../../src/domain/split.ts';
import { Haproxy } from '../../support/haproxy.ts';
import { http } from '../../support/http.ts';
import { eventually } from '../../support/processes.ts';
import type { WriterOrder, WriterReport } from './frozen-writer.ts';
import { type HttpServers, startServers, versionProbe } from './http-bench.ts';

let servers: HttpServers;
let haproxy: Haproxy;
let router: Router;
let writer: ChildProcess;
let fence = 0;

beforeAll(async () => {
  servers = await startServers();
  haproxy = await Haproxy.start({ servers: servers.specs });
  router = haproxyRouter(haproxy.spec, context());
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  writer = fork(fileURLToPath(new URL('frozen-writer.ts', import.meta.url)), [], { execArgv: ['--import', tsx] });
  await once(writer, 'spawn');
});

afterAll(async () => {
  writer?.kill('SIGKILL');
  await haproxy?.end();
  await Promise.all((servers?.backends ?? []).map((backend) => backend.stop()));
});

const context = () => ({ target: haproxy.target, servers: servers.specs });

const route = (change: Partial<DesiredRoute> & Pick<DesiredRoute, 'servers'>): DesiredRoute => {
  fence += 1;
  const split = { shareBp: 500, salt: 'frozen', alwaysGray: ['eve'], alwaysStable: [], rest: 'stable' } as const;
  return { fence, release: 'r1', period: 'gray', stable: 'a', split, ...change };
};

const before = () => route({ servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'b', s5: 'out' } });

/** One server enters gray, one moves over, the share and the list grow. */
const raised = (held: DesiredRoute) =>
  route({
    servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'b', s5: 'b' },
    split: { ...held.split, shareBp: 9_000, alwaysGray: ['eve', 'mallory'] },
  });

const abort = (held: DesiredRoute) =>
  route({
    release: 'operator',
    period: 'exception',
    servers: { s1: 'a', s2: 'a', s3: 'a', s4: 'out', s5: 'out' },
    split: { ...held.split, shareBp: 0, alwaysGray: [] },
  });

const order = (desired: DesiredRoute, stopAt: number): WriterOrder => ({
  spec: haproxy.spec,
  context: context(),
  desired,
  stopAt,
});

/** The report of a write that runs through, or `frozen` once the writer's process is stopped. */
async function send(asked: WriterOrder): Promise<{ report: Promise<WriterReport>; frozen: boolean }> {
  let done = false;
  const report = once(writer, 'message').then(([message]) => {
    done = true;
    return message as WriterReport;
  });
  writer.send(asked);
  await eventually(async () => done || (await isStopped()));
  return { report, frozen: !done };
}

const isStopped = async (): Promise<boolean> =>
  / T /.test((await readFile(`/proc/${writer.pid}/stat`, 'utf8')).slice(0, 60));

async function expectToStand(desired: DesiredRoute): Promise<void> {
  const { instance, entrance } = haproxy;
  expect(canonical((await router.read()).route)).toBe(canonical(desired));
  expect(await readFile(instance.map, 'utf8')).toBe(mapText(entriesOf(desired)));
  const ready = parseStates(await readFile(instance.stateFile, 'utf8')).filter((row) => row.ready);
  expect(ready.map(({ backend, name }) => `${backend}/${name}`)).toEqual(['shop_a/s1', 'shop_a/s2', 'shop_a/s3']);
  const request = {
    desired,
    version: versionProbe,
    expected: { gray: null, stable: null },
    formerly: ['mallory', 'eve'],
  };
  expect(await router.confirm(request)).toMatchObject({ ok: true, problems: [] });
  for (const user of ['eve', 'mallory', 'anna', 'bert']) {
    expect(assign(desired, user)).toBe('stable');
    const { headers } = await http(entrance, { headers: { 'x-user-id': user } });
    expect(['s1', 's2', 's3']).toContain(headers['x-server']);
  }
}

/** Freezes a raise at step `stopAt`, aborts, wakes the writer; null when the write has no such step. */
async function abortOverFrozen(stopAt: number, restart: 'before' | 'after'): Promise<string | null> {
  const held = before();
  await router.apply(held);
  const { report, frozen } = await send(order(raised(held), stopAt));
  if (!frozen) {
    expect(await report).toMatchObject({ outcome: 'applied' });
    return null;
  }
  const aborted = abort(held);
  const started = performance.now();
  await router.apply(aborted);
  const tookMs = performance.now() - started;
  if (restart === 'before') await haproxy.restart();
  writer.kill('SIGCONT');
  const { outcome, steps } = await report;
  const at = `${stopAt} ${steps[stopAt]}`;
  const lastWrite = steps.findLastIndex((step) => step.startsWith('set server'));
  expect(stopAt > lastWrite ? ['staleFence', 'applied'] : ['staleFence'], at).toContain(outcome);
  expect(tookMs, at).toBeLessThan(2_000);
  await expectToStand(aborted);
  if (restart === 'after') await haproxy.restart();
  if (restart === 'after') await expectToStand(aborted);
  return at;
}

test.each(['before', 'after'] as const)(
  'an abort stands against a writer frozen at every line, with a restart of HAProxy %s it wakes',
  async (restart) => {
    const frozenAt: string[] = [];
    for (let step = 0; ; step += 1) {
      const at = await abortOverFrozen(step, restart);
      if (at === null) break;
      frozenAt.push(at);
    }
    expect(frozenAt.length).toBeGreaterThan(30);
  },
  180_000,
);
