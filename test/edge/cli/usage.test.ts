import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verbs } from '../../../src/cli/commands/index.ts';
import type { Io } from '../../../src/cli/io.ts';
import { runCli } from '../../../src/cli/run.ts';
import { actions, commands } from '../../../src/domain/actions.ts';
import { freePort } from '../../support/ports.ts';
import { folder, gray } from './gray.ts';

/** The command line in this process. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    terminal: false,
    color: false,
    env: { TEMPORAL_CONFIG_FILE: '/does/not/exist', ...env },
    interrupted: new AbortController().signal,
  };
  const status = await runCli(args, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}

describe('the command line', () => {
  it('lists every verb, and each verb has help with a real example of itself', async () => {
    const { status, out } = await run(['--help']);
    expect(status).toBe(0);
    for (const verb of verbs) {
      const [name = ''] = verb.usage.split(' ');
      expect(out).toContain(`  ${name} `);
      const help = await run([name, '--help']);
      expect(help.status).toBe(0);
      expect(help.out).toContain(`Example:\n  gray ${name}`);
    }
  });

  it('describes operator commands in the words of the actions table', async () => {
    for (const command of commands) {
      const { out } = await run([command, '--help']);
      const text = out.replaceAll(/\s+/g, ' ');
      expect(text).toContain(actions[command].does);
      expect(text).toContain(`Taken in: ${actions[command].takenIn}`);
    }
  });

  it('answers an unknown verb with the nearest one, and an unknown option likewise', async () => {
    expect(await run(['aprove', 'shop', '1'])).toMatchObject({ status: 2, err: expect.stringContaining('approve?') });
    expect(await run(['start', 'x.yml', '--wiat'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('--wait?'),
    });
    expect(await run(['status'])).toMatchObject({ status: 2, err: expect.stringContaining("'target'") });
  });

  it('gives `start --version` to the release, not to the program', async () => {
    const dir = await folder();
    const file = join(dir, 'release.yml');
    await run(['init', file, '--template', 'one-machine']);
    const { out } = await run(['plan', file, '--version', '9.9.9', '--digest', `sha256:${'a'.repeat(64)}`, '--json']);
    expect(JSON.parse(out)).toMatchObject({ version: '9.9.9' });
  });
});

describe('a release file on the command line', () => {
  it('is written by init, never over another one, and is valid as it is', async () => {
    const file = join(await folder(), 'release.yml');
    expect(await run(['init', file])).toMatchObject({ status: 0 });
    expect(await run(['validate', file])).toMatchObject({ status: 0, out: expect.stringContaining('is valid') });
    const before = await readFile(file, 'utf8');
    expect(await run(['init', file])).toMatchObject({ status: 2, err: expect.stringContaining('--force') });
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await run(['init', file, '--force', '--template', 'nope'])).toMatchObject({ status: 2 });
  });

  it('with problems gets all of them at once, for people and as JSON', async () => {
    const file = join(await folder(), 'release.yml');
    await run(['init', file, '--template', 'one-machine']);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('target:', 'tarket:').replace('hold: 1m', 'hold: soon'));
    const people = await run(['validate', file]);
    expect(people.status).toBe(2);
    expect(people.err).toMatch(/did you mean target\?/);
    expect(people.err).toMatch(/ramp\.stages\[0\]\.hold/);
    expect(people.err).not.toMatch(/\n\s+at /);
    const machine = await run(['validate', file, '--json']);
    expect(JSON.parse(machine.out)).toMatchObject({
      error: { code: 'invalidInput', details: { problems: expect.any(Array) } },
    });
  });
});

describe('a fault on the command line', () => {
  it('is told in two lines within seconds when Temporal is away, with exit status 7', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const before = performance.now();
    const { exitCode, stdout, stderr } = await gray(['status', 'shop'], { TEMPORAL_ADDRESS: address });
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(exitCode).toBe(7);
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      `error: no Temporal server answers at ${address}`,
      'hint: start one with `gray dev`, or name yours in a Temporal profile',
    ]);
  });

  it('of an abort names the way that needs no Temporal', async () => {
    const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    const { status, err } = await run(['abort', 'shop'], env);
    expect(status).toBe(7);
    expect(err).toContain('gray abort --direct FILE');
  });

  it('shows its stack only when asked to', async () => {
    const env = { TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    const ways = [run(['status', 'shop', '--verbose'], env), run(['status', 'shop'], { ...env, GRAY_DEBUG: '1' })];
    for (const { err } of await Promise.all(ways)) expect(err).toMatch(/\n\s+at .*\n[\s\S]*caused by: /);
  });
});
