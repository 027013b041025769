import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Crew, createCrew } from '../../demo/processes/crew.ts';
import { signalGroup } from '../../demo/processes/groups.ts';
import { processesMentioning } from '../support/mentions.ts';
import { eventually, startTypeScript } from '../support/processes.ts';

const owner = fileURLToPath(new URL('fixtures/crew-owner.ts', import.meta.url));

let logs: string;
let crew: Crew | null;

beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'gray-crew-'));
  crew = null;
});

afterEach(async () => {
  await crew?.end();
  await rm(logs, { recursive: true, force: true });
});

const isRunning = (pid: number): boolean => signalGroup(pid, 0);

/** An owner process with two members, each with a child; all of their pids. */
async function startOwner(...args: readonly string[]) {
  const running = await startTypeScript(owner, [logs, ...args]);
  const [line] = await running.printed(/^\[.*\]$/m);
  const members: number[] = JSON.parse(line);
  const children = await Promise.all(
    ['one', 'two'].map(async (name) => Number((await readFile(join(logs, `${name}.log`), 'utf8')).split(' ')[1])),
  );
  return { running, members, children };
}

const allGone = (pids: readonly number[], children: readonly number[]) =>
  eventually(
    () => !pids.some(isRunning) && !children.some(exists),
    15_000,
    () => `the end of ${pids} and ${children}`,
  );

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });

describe('the crew of a demo', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`leaves nobody behind when the demo gets ${signal}`, async () => {
      const { running, members, children } = await startOwner();
      expect(members.every(isRunning)).toBe(true);
      await running.kill(signal);
      await allGone(members, children);
    });
  }

  it('ends those who do not listen, too', async () => {
    const { running, members, children } = await startOwner('stubborn');
    await running.kill('SIGKILL');
    await allGone(members, children);
  });

  it('ends a member that was frozen', async () => {
    const { running, members, children } = await startOwner();
    for (const pid of members) signalGroup(pid, 'SIGSTOP');
    await running.kill('SIGINT');
    await allGone(members, children);
  });

  it('is ended by the demo itself when somebody killed the undertaker', async () => {
    crew = createCrew(logs);
    const member = await crew.start({ name: 'idle', ...node('setInterval(() => {}, 1000)'), ready: () => true });
    const [undertaker = ''] = (await processesMentioning(logs)).filter((found) => found.includes('undertaker'));
    process.kill(Number.parseInt(undertaker, 10), 'SIGKILL');
    await crew.end();
    expect(isRunning(member.pid)).toBe(false);
  });

  it('waits until a member is ready, and kills one on request', async () => {
    crew = createCrew(logs);
    const late = "setTimeout(() => console.log('up'), 300); setInterval(() => {}, 1000)";
    const began = performance.now();
    const member = await crew.start({
      name: 'late',
      ...node(late),
      ready: (output) => output.includes('up'),
    });
    expect(performance.now() - began).toBeGreaterThan(300);
    await member.kill('SIGKILL');
    expect(isRunning(member.pid)).toBe(false);
  });

  it('says why a member never became ready', async () => {
    crew = createCrew(logs);
    const taken = node("console.error('port is taken'); process.exit(3)");
    await expect(crew.start({ name: 'server', ...taken, ready: () => false })).rejects.toThrow(
      /server left before it was ready.*port is taken/s,
    );
    const idle = node('setInterval(() => {}, 1000)');
    await expect(crew.start({ name: 'idle', ...idle, ready: () => false, readyMs: 200 })).rejects.toThrow(
      'idle is not ready after 200 ms',
    );
  });

  it('fails to start what does not exist', async () => {
    crew = createCrew(logs);
    await expect(
      crew.start({ name: 'nothing', command: '/no/such/program', args: [], ready: () => true }),
    ).rejects.toThrow('ENOENT');
  });
});
