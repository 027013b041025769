/** The decider as a process, and the way to stable as files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slotFiles } from '../../src/decider/road.ts';
import { http } from '../support/http.ts';
import { startTypeScript } from '../support/processes.ts';

const gray = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-decider-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const config = () => ({
  target: 'shop',
  decisions: { port: 0 },
  admin: { socket: join(dir, 'admin.sock') },
  stateFile: join(dir, 'state.json'),
  road: join(dir, 'road'),
  identity: { header: 'X-User-Id' },
  // Nothing listens there.
  servers: [{ id: 's1', address: { host: '127.0.0.1', port: 1 } }],
});

test('`gray decider` says where it answers, knows when nobody serves, and ends at SIGTERM', async () => {
  const file = join(dir, 'good.yml');
  await writeFile(file, JSON.stringify(config()));
  const decider = await startTypeScript(gray, ['decider', '--config', file], { ready: /"ready":true/ });
  const { decisions } = JSON.parse(decider.output().trim().split('\n').at(-1) ?? '');
  expect((await http(`${decisions}/decide`)).status).toBe(503);
  expect(await decider.kill('SIGTERM')).toMatchObject({ code: 0 });
});

test('a bad configuration is refused with every problem', async () => {
  const file = join(dir, 'bad.yml');
  await writeFile(
    file,
    JSON.stringify({ ...config(), identity: {}, decisions: { host: '0.0.0.0', port: 1 }, extra: 1 }),
  );
  const decider = await startTypeScript(gray, ['decider', '--config', file]);
  expect((await decider.exited).code).toBe(2);
  for (const problem of [/identity.*header, a cookie/, /decisions.*loopback/, /extra/]) {
    expect(decider.output()).toMatch(problem);
  }
});

test('every slot of the way to stable has one server, by weight', () => {
  const weights = new Map([
    ['s1', 300],
    ['s2', 100],
    ['s3', 0.1],
  ]);
  const files = slotFiles(['s1', 's2'], weights);
  expect(files).toHaveLength(256);
  expect(new Set(files.map((name) => name.slice(0, 2))).size).toBe(256);
  expect(files.filter((name) => name.endsWith('-s1'))).toHaveLength(192);
  expect(slotFiles([], weights)).toEqual([]);
  expect(slotFiles(['s2'], weights).at(-1)).toBe('ff-s2');
});
