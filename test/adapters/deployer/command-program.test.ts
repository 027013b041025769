/** What only the command deployer can get wrong: a program of the user's that misbehaves. */
import { afterEach, expect, test } from 'vitest';
import { commandDeployer } from '../../../src/adapters/deployer/command.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import { eventually } from '../../support/processes.ts';
import { order } from './contract.ts';
import { context, serverAt } from './harnesses.ts';

const server = serverAt('pay-1', 1);
const artifact: Artifact = { version: '2.0.0', digest: 'sha256:ab', source: '/builds/2' };

/** A deployer whose program is this piece of JavaScript. */
const running = (script: string, rest: { readonly env?: readonly string[]; readonly timeoutMs?: number } = {}) =>
  commandDeployer(
    { kind: 'command', command: [process.execPath, '-e', script], env: [], timeoutMs: 10_000, ...rest },
    context,
  );

const say = (answer: unknown) => `console.log(${JSON.stringify(JSON.stringify(answer))})`;

afterEach(() => {
  delete process.env.PAY_SECRET;
});

test('the request reaches the program on standard input and as variables', async () => {
  const echo = `
    const request = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    const variables = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('GRAY_')));
    console.log(JSON.stringify({ ok: false, reason: JSON.stringify({ request, variables }) }));`;
  const answer = await running(echo).available(artifact, server);
  const seen = JSON.parse(answer.ok ? '{}' : answer.reason);
  expect(seen.request).toEqual({
    operation: 'available',
    target: 'contract',
    version: context.version,
    server,
    artifact,
  });
  expect(seen.variables).toEqual({
    GRAY_OPERATION: 'available',
    GRAY_TARGET: 'contract',
    GRAY_SERVER: 'pay-1',
    GRAY_HOST: '127.0.0.1',
    GRAY_PORT: '1',
    GRAY_VERSION: '2.0.0',
    GRAY_DIGEST: 'sha256:ab',
    GRAY_SOURCE: '/builds/2',
  });
});

test('a deploy adds fence, release and whether to record the base', async () => {
  const told = ['GRAY_FENCE', 'GRAY_RELEASE', 'GRAY_RECORD_BASE']
    .map((name) => `process.env.${name}`)
    .join(' + " " + ');
  const refusing = `console.log(JSON.stringify({ error: { code: 'deployFailed', message: ${told} } }))`;
  const failed = running(refusing).deploy({ ...order(server, artifact, 7), recordBase: true });
  await expect(failed).rejects.toMatchObject({ code: 'deployFailed', message: 'pay-1: 7 r1 true' });
});

test('a stale fence is told with the fence the program has seen', async () => {
  const stale = running(say({ error: { code: 'staleFence', message: 'too late', seen: 9 } }));
  await expect(stale.deploy(order(server, artifact, 7))).rejects.toMatchObject({
    code: 'staleFence',
    details: { asked: 7, seen: 9 },
  });
});

test.each<[string, string, RegExp]>([
  ['says nothing', '', /expected object/],
  ['says no JSON', 'console.log("done")', /expected object/],
  ['misspells a field', say({ bsae: null, fence: 1 }), /base[\s\S]*bsae|bsae[\s\S]*base/],
  ['gives a fence as text', say({ base: null, fence: '1' }), /expected (number|int)[\s\S]*fence/],
  ['names an unknown error', say({ error: { code: 'oops', message: '' } }), /error/],
  ['ends badly', 'console.error("disk on fire"); process.exit(3)', /status 3[\s\S]*disk on fire/],
  ['crashes', 'process.kill(process.pid, "SIGKILL")', /ended by SIGKILL/],
])('a program that %s fails the read with the reason', async (_what, script, reason) => {
  await expect(running(script).read(server)).rejects.toMatchObject({
    code: 'deployFailed',
    message: expect.stringMatching(reason),
  });
});

test('a program that is not there is named', async () => {
  const deployer = commandDeployer(
    { kind: 'command', command: ['no-such-program'], env: [], timeoutMs: 1_000 },
    context,
  );
  await expect(deployer.read(server)).rejects.toThrow(/no-such-program/);
});

test('a program that takes too long is ended, and what it started with it', async () => {
  const script = `
    const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' });
    console.error('child ' + child.pid);
    setInterval(() => undefined, 1000);`;
  const failed = await running(script, { timeoutMs: 500 })
    .read(server)
    .catch((error: unknown) => String(error));
  expect(failed).toMatch(/no answer within 500 ms/);
  const child = Number(/child (\d+)/.exec(String(failed))?.[1]);
  await eventually(
    () => isGone(child),
    5_000,
    () => `the end of ${child}`,
  );
});

test('an abort ends the program and throws its own reason', async () => {
  const signal = AbortSignal.timeout(200);
  const failed = running('setInterval(() => undefined, 1000)').deploy({ ...order(server, artifact, 1), signal });
  await expect(failed).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('only named variables reach the program, and no error shows their values', async () => {
  process.env.PAY_SECRET = 'hunter2-hunter2';
  const show = 'console.error("secret: " + process.env.PAY_SECRET); process.exit(1)';
  await expect(running(show).read(server)).rejects.toThrow(/secret: undefined/);
  await expect(running(show, { env: ['PAY_SECRET'] }).read(server)).rejects.toThrow(/secret: <PAY_SECRET>/);
});

test('a program that says done while nothing answers is not believed', async () => {
  const failed = running(say({ ok: true })).deploy(order(server, artifact, 1));
  await expect(failed).rejects.toMatchObject({ code: 'deployFailed', message: expect.stringMatching(/ECONNREFUSED/) });
});

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
