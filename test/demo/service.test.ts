/** The product that tests, demo and benchmarks release does what it says, faults included. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildArtifact, type Faults } from '../../demo/build-artifact.ts';
import { freePort } from '../support/ports.ts';
import { type StartedProcess, startProcess } from '../support/processes.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-service-'));
});
afterEach(() => rm(dir, { recursive: true }));

interface Service {
  readonly process: StartedProcess;
  readonly url: string;
}

async function start(faults: Faults = {}, ready = true): Promise<Service> {
  const { source } = await buildArtifact({ dir, version: '1.0.0', faults });
  const port = await freePort();
  const args = ['server.mjs', '--port', `${port}`, '--server', 'pay-1', '--digest', 'sha256:ab', '--work-ms', '5'];
  const order = { command: process.execPath, args, cwd: source };
  const started = await startProcess(ready ? { ...order, ready: /listens/ } : order);
  return { process: started, url: `http://127.0.0.1:${port}` };
}

const status = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).status;

test('it reports its version, the digest it was given, and its process', async () => {
  const { url, process } = await start();
  const version = await (await fetch(`${url}/version`)).json();
  expect(version).toMatchObject({
    version: '1.0.0',
    digest: 'sha256:ab',
    pid: process.pid,
    startedAt: expect.any(String),
  });
  expect(await status(`${url}/health`)).toBe(200);
  expect(await (await fetch(`${url}/checkout?demo=1`)).json()).toMatchObject({ status: 'ok', version: '1.0.0' });
});

test('its counters stand at zero before the first request, and count only the requests of users', async () => {
  const { url } = await start();
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  const zero = await metrics();
  expect(zero).toContain('http_requests_total{code="200"} 0');
  expect(zero).toContain('http_requests_total{code="500"} 0');
  for (const path of ['/work', '/work', '/health', '/version']) await fetch(`${url}${path}`);
  const counted = await metrics();
  expect(counted).toContain('http_requests_total{code="200"} 2');
  expect(counted).toContain('http_request_duration_seconds_bucket{le="+Inf"} 2');
  expect(counted).toContain('http_request_duration_seconds_count 2');
});

test('errors may appear only under users, and never under the named testers', async () => {
  const { url } = await start({ errorRate: 1, errorOnlyWithHeader: 'x-user-id', errorExcept: ['tester-1'] });
  expect(await status(`${url}/work`)).toBe(200);
  expect(await status(`${url}/work`, { 'x-user-id': 'tester-1' })).toBe(200);
  expect(await status(`${url}/work`, { 'x-user-id': 'user-7' })).toBe(500);
});

test('errors may begin only after a while', async () => {
  const { url } = await start({ errorRate: 1, errorFromUptimeS: 0.5 });
  expect(await status(`${url}/work`)).toBe(200);
  await sleep(600);
  expect(await status(`${url}/work`)).toBe(500);
});

test('it can fail its health, lie about its version, and be slow', async () => {
  const { url } = await start({ failHealth: true, lieVersion: '9.9.9', latencyMs: 150 });
  expect(await status(`${url}/health`)).toBe(503);
  expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ version: '9.9.9' });
  const began = performance.now();
  await fetch(`${url}/work`);
  expect(performance.now() - began).toBeGreaterThan(150);
});

test.each<Faults>([{ failStart: true }, { refuseOn: ['pay-1'] }])('it refuses to start with %j', async (faults) => {
  const { process } = await start(faults, false);
  expect(await process.exited).toMatchObject({ code: 1 });
});

test('SIGTERM: open requests are finished, streams are ended, then it leaves', async () => {
  const { url, process } = await start({ latencyMs: 300 });
  const open = fetch(`${url}/work`);
  const stream = fetch(`${url}/stream`).then((response) => response.text());
  await sleep(100);
  process.signal('SIGTERM');
  expect((await open).status).toBe(200);
  expect(await stream).toMatch(/^1\.0\.0 \d+\n/);
  expect(await process.exited).toEqual({ code: 0, signal: null });
});
