import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCheck } from '../../../src/adapters/checks/index.ts';
import { eventually } from '../../support/processes.ts';
import { atServer, commandCheck, digest, nodeCheck, throughRouter } from './places.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-checks-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('passes on exit status 0', async () => {
  expect(await runCheck(nodeCheck(''), atServer(80))).toEqual({ name: 'smoke', ok: true, runs: 1, failures: 0 });
});

describe('fails, and says why', () => {
  it.each([
    [
      'with a status and the end of standard error',
      nodeCheck('console.error("no\\nmoney"); process.exit(3)'),
      /node ended with status 3: no money$/,
    ],
    [
      'with standard output where standard error is silent',
      nodeCheck('console.log("hint"); process.exit(1)'),
      /status 1: hint$/,
    ],
    ['with a signal', nodeCheck('process.kill(process.pid, "SIGKILL")'), /was ended by SIGKILL/],
    [
      'when the program does not exist',
      commandCheck(['/nowhere/smoke-test']),
      /^\/nowhere\/smoke-test did not start: .*ENOENT/,
    ],
    ['when an argument cannot be one', commandCheck(['true', 'a\0b']), /^cannot be run: .*null bytes/],
    ['when there is no command', commandCheck([]), /^there is no command$/],
    [
      'with the end, not the start, of a long story',
      nodeCheck('console.error("x".repeat(200_000)); console.error("the end"); process.exitCode = 1'),
      /: x{300,400} the end$/,
    ],
  ])('%s', async (_, check, problem) => {
    const result = await runCheck(check, atServer(80));
    expect(result).toMatchObject({ ok: false, runs: 1, failures: 1 });
    expect(result.problem).toMatch(problem);
  });
});

it('arguments reach the program as they are: there is no shell', async () => {
  const script = 'process.exitCode = process.argv[1] === "$(id); `id` *" ? 0 : 1';
  expect(await runCheck(commandCheck([process.execPath, '-e', script, '$(id); `id` *']), atServer(80))).toMatchObject({
    ok: true,
  });
});

it('the facts come as variables and as JSON on standard input', async () => {
  const out = join(dir, 'facts.json');
  const script = `let input = ''; process.stdin.on('data', (d) => (input += d)).on('end', () =>
    require('fs').writeFileSync(process.argv[1], JSON.stringify({ input: JSON.parse(input), env: process.env })))`;
  vi.stubEnv('SMOKE_TOKEN', 'sesame-4711');
  vi.stubEnv('OTHER_SECRET', 'hidden');
  const check = commandCheck([process.execPath, '-e', script, out], { env: ['SMOKE_TOKEN', 'NOT_SET'] });
  expect(await runCheck(check, atServer(8080))).toMatchObject({ ok: true });
  vi.unstubAllEnvs();
  const { input, env } = JSON.parse(await readFile(out, 'utf8'));
  expect(env).toMatchObject({
    GRAY_CHECK: 'smoke',
    GRAY_TARGET: 'payments',
    GRAY_VERSION: '2.0.0',
    GRAY_DIGEST: digest,
    GRAY_AT: 'server',
    GRAY_SERVER: 'pay-1',
    GRAY_HOST: '127.0.0.1',
    GRAY_PORT: '8080',
    GRAY_URL: 'http://127.0.0.1:8080',
    SMOKE_TOKEN: 'sesame-4711',
  });
  expect(env).not.toHaveProperty('OTHER_SECRET');
  expect(input).toMatchObject({
    check: 'smoke',
    at: 'server',
    server: { id: 'pay-1' },
    expected: { version: '2.0.0' },
  });
});

it('through the router it is told the entrance', async () => {
  const script = 'process.exitCode = process.env.GRAY_URL === "http://127.0.0.1:9" && !process.env.GRAY_SERVER ? 0 : 1';
  expect(await runCheck(nodeCheck(script), throughRouter(9))).toMatchObject({ ok: true });
});

it('a named variable is not repeated in the problem', async () => {
  vi.stubEnv('SMOKE_TOKEN', 'sesame-4711');
  const check = nodeCheck('console.error("bad token", process.env.SMOKE_TOKEN); process.exitCode = 1', {
    env: ['SMOKE_TOKEN'],
  });
  const { problem } = await runCheck(check, atServer(80));
  vi.unstubAllEnvs();
  expect(problem).toMatch(/bad token <SMOKE_TOKEN>$/);
});

it('a program that does not read its input is no fault', async () => {
  for (let n = 0; n < 25; n += 1)
    expect(await runCheck(commandCheck(['true']), atServer(80))).toMatchObject({ ok: true });
});

describe('a program that does not end', () => {
  const stubborn = (pidFile: string) => `
    const { spawn } = require('child_process');
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    process.on('SIGTERM', () => {});
    console.error('waiting for godot');
    require('fs').writeFileSync(${JSON.stringify(pidFile)}, process.pid + ' ' + child.pid);
    setInterval(() => {}, 1000)`;
  const pidsIn = async (file: string) =>
    (await readFile(file, 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number);

  it('is ended at the deadline with all its children, though they ignore SIGTERM', async () => {
    const file = join(dir, 'late.pids');
    const result = await runCheck(nodeCheck(stubborn(file), { timeoutMs: 1_500 }), atServer(80));
    expect(result.problem).toMatch(/did not end within 1500 ms: waiting for godot$/);
    const pids = await pidsIn(file);
    expect(pids).toHaveLength(2);
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });

  it('is ended when the check is cancelled', async () => {
    const file = join(dir, 'cancelled.pids');
    const stop = new AbortController();
    const running = runCheck(nodeCheck(stubborn(file)), atServer(80), stop.signal);
    running.catch(() => undefined);
    await eventually(async () => (await pidsIn(file)).length === 2);
    stop.abort(new Error('aborted by anna'));
    await expect(running).rejects.toThrow('aborted by anna');
    const pids = await pidsIn(file);
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });

  it('does not hold a check that has passed by a child left behind', async () => {
    const file = join(dir, 'left.pid');
    const script = `const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync(${JSON.stringify(file)}, String(child.pid)); child.unref(); process.exit(0)`;
    expect(await runCheck(nodeCheck(script), atServer(80))).toMatchObject({ ok: true });
    const pids = await pidsIn(file);
    await eventually(() => pids.length === 1 && pids.every((pid) => !isAlive(pid)));
  });
});
