/** The demo as a user starts it, in its short form: real Temporal, real servers, real router, real load. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../demo/result.ts';
import { processesMentioning } from '../support/mentions.ts';
import { eventually, type StartedProcess, startTypeScript } from '../support/processes.ts';

const main = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

/** The demo's own folder lies in here, so every process of the demo carries this path. */
let home: string;
let demo: StartedProcess | null;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gray-e2e-'));
  demo = null;
});

afterEach(async () => {
  await demo?.kill();
  await nobodyLeft();
  await rm(home, { recursive: true, force: true });
});

const startDemo = async (...args: readonly string[]): Promise<StartedProcess> => {
  demo = await startTypeScript(main, ['--quick', ...args], { env: { TMPDIR: home } });
  return demo;
};

/** tsx keeps a folder there, too. */
const demoFolders = async () => (await readdir(home)).filter((name) => name.startsWith('gray-demo'));

let left: readonly string[] = [];
const nobodyLeft = () =>
  eventually(
    async () => {
      left = await processesMentioning(home);
      return left.length === 0;
    },
    20_000,
    () => `the end of ${left.join('\n')}`,
  );

async function resultsOf(scenarios: readonly string[]) {
  const running = await startDemo('--json', ...scenarios.flatMap((name) => ['--scenario', name]));
  const { code } = await running.exited;
  const line = running
    .output()
    .split('\n')
    .find((text) => text.startsWith('{"ok"'));
  expect(line, running.output()).toBeDefined();
  const { ok, results }: { ok: boolean; results: readonly Result[] } = JSON.parse(line ?? '{}');
  expect(ok, running.output()).toBe(true);
  expect(code).toBe(0);
  return results;
}

describe('npm run demo', { timeout: 240_000 }, () => {
  it('brings a good version to every server and loses no request', async () => {
    const [result] = await resultsOf(['completed']);
    expect(result).toMatchObject({ actual: 'completed', movedBack: 0, requests: { lost: 0, errors: 0 } });
    expect(result?.requests.sent).toBeGreaterThan(2_000);
    expect(result?.servers.map(({ id, version }) => `${id} ${version}`)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `pay-${n} 2.0.0`),
    );
    expect(result?.share[0]).toBe(0);
    expect(result?.share.at(-1)).toBe(1);
    expect(await demoFolders()).toEqual([]);
    expect(await processesMentioning(home)).toEqual([]);
  });

  it('rolls a version back that fails its users, and stops one that fails its checks, without losing a request', async () => {
    const results = await resultsOf(['regression', 'stopped']);
    expect(results.map(({ actual }) => actual)).toEqual(['rolledBack', 'stopped']);
    for (const { servers, requests } of results) {
      expect(requests.lost).toBe(0);
      expect(new Set(servers.map(({ version }) => version))).toEqual(new Set(['1.0.0']));
    }
    const [regression, stopped] = results;
    expect(regression?.requests.errors).toBeGreaterThan(0);
    expect(Math.max(...(stopped?.share ?? []).map(Number))).toBe(0);
    expect(await processesMentioning(home)).toEqual([]);
  });

  it('leaves nobody behind after Ctrl-C during set-up', async () => {
    const running = await startDemo();
    await running.printed(/Temporal server at/, 60_000);
    expect((await processesMentioning(home)).length).toBeGreaterThan(2);
    const { code } = await running.kill('SIGINT');
    expect(code).toBe(130);
    expect(await processesMentioning(home)).toEqual([]);
    expect(await demoFolders()).toEqual([]);
  });

  it('leaves nobody behind when it is killed in the ramp', async () => {
    const running = await startDemo();
    await running.printed(/stage 1 of 2/, 120_000);
    expect((await processesMentioning(home)).length).toBeGreaterThan(8);
    await running.kill('SIGKILL');
    await nobodyLeft();
  });
});
