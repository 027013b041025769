import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DevServer, startDevServer } from '../../src/provision/dev-server.ts';
import { temporalCli } from '../../src/provision/program.ts';
import { eventually, startTypeScript } from '../support/processes.ts';

const path = process.env[temporalCli.variable] ?? '';
const started: DevServer[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gray-dev-server-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(more: { port?: number; dbFile?: string; path?: string } = {}): Promise<DevServer> {
  const server = await startDevServer({
    path,
    namespace: 'gray',
    searchAttributes: [
      { name: 'GrayTarget', type: 'KEYWORD' },
      { name: 'GrayShare', type: 'INT' },
    ],
    log: () => undefined,
    ...more,
  });
  started.push(server);
  return server;
}

const portOf = (server: DevServer): number => Number(server.address.split(':')[1]);

async function withClient<T>(server: DevServer, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection, namespace: 'gray' }));
  } finally {
    await connection.close();
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the Temporal server for one machine', () => {
  it('answers with its namespace, search attributes and Web UI as soon as it is started, and is gone when stopped', async () => {
    const server = await start();
    const attributes = await withClient(server, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'gray' }),
    );
    expect(Object.keys(attributes.customAttributes ?? {})).toEqual(expect.arrayContaining(['GrayTarget', 'GrayShare']));
    expect((await fetch(server.uiUrl)).status).toBe(200);

    await server.stop();
    await server.stop();
    expect(alive(server.pid)).toBe(false);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'goes on with what it knew after %s, on the same file and port',
    async (signal) => {
      const dbFile = join(folder, `${signal}.sqlite`);
      const before = await start({ dbFile });
      await withClient(before, (client) =>
        client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody', args: [] }),
      );
      process.kill(before.pid, signal);
      await before.ended;

      const after = await start({ dbFile, port: portOf(before) });
      const kept = await withClient(after, (client) => client.workflow.getHandle('kept').describe());
      expect(kept.status.name).toBe('RUNNING');
    },
  );

  it('refuses a port that is taken, instead of taking the answer of whoever has it', async () => {
    const first = await start();
    await expect(start({ port: portOf(first) })).rejects.toMatchObject({
      code: 'temporalUnreachable',
      message: expect.stringContaining('already in use'),
    });
  });

  it('takes other ports where somebody came first between looking for a free one and taking it', async () => {
    const late = join(folder, 'late-once');
    const refusal = 'listen tcp 127.0.0.1:1: bind: address already in use';
    const script = `#!/bin/sh\nif [ ! -e ${late}.tried ]; then touch ${late}.tried; echo '${refusal}'; exit 1; fi\nexec ${path} "$@"\n`;
    await writeFile(late, script, { mode: 0o755 });
    const server = await start({ path: late });
    expect(alive(server.pid)).toBe(true);
  });

  it('says what the program said when it does not start', async () => {
    await expect(start({ dbFile: '/nowhere/at/all.sqlite' })).rejects.toMatchObject({
      code: 'temporalUnreachable',
      message: expect.stringContaining('stat /nowhere/at: no such file'),
    });
  });

  it('ends with its owner, even when the owner is killed', async () => {
    const owner = await startTypeScript('test/provision/owner.ts', [path]);
    const [, pid] = await owner.printed(/server (\d+)/);
    expect(alive(Number(pid))).toBe(true);
    await owner.kill('SIGKILL');
    await eventually(() => !alive(Number(pid)), 15_000);
  });
});
