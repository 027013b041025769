/** Temporal goes away while somebody waits, and comes back on the same file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, registerSearchAttributes, startRelease, waitForRelease, watchRelease } from '../../../src/client.ts';
import { type DevServer, startDevServer } from '../../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../../src/provision/provision.ts';
import { releaseSpec } from '../../support/release-spec.ts';
import { checked } from './checked.ts';

let dir: string;
let server: DevServer;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-away-'));
  server = await startServer();
});
afterEach(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function startServer(port?: number): Promise<DevServer> {
  const { path } = await provisionTemporal({ log: () => undefined, env: process.env });
  return startDevServer({
    path,
    dbFile: join(dir, 'temporal.db'),
    namespace: 'default',
    searchAttributes: [],
    log: () => undefined,
    ...(port !== undefined && { port }),
  });
}

async function awayAndBack(): Promise<void> {
  await server.stop();
  server = await startServer(Number(server.address.split(':')[1]));
}

describe('while Temporal is away', () => {
  it('a watch says so and goes on afterwards, and a wait goes on to its end', async () => {
    const { address } = server;
    const client = await connect({
      temporal: { address, namespace: 'default', connection: { address }, uiUrl: null },
    });
    await registerSearchAttributes(client.connection, 'default');
    const spec = releaseSpec('shop', checked());
    await startRelease(client, { spec, by: 'ana' }); // nobody works on it: it stays open
    const waiting = waitForRelease(client, 'shop', { until: 'closed' });
    const seen: string[] = [];
    let returned: Promise<void> | null = null;
    for await (const look of watchRelease(client, 'shop', { everyMs: 200 })) {
      seen.push('away' in look ? 'away' : look.status.phase);
      returned ??= server.stop();
      if (seen.at(-1) === 'away' && !seen.slice(0, -1).includes('away')) {
        await returned;
        await awayAndBack();
      }
      if (seen.includes('away') && seen.at(-1) === 'preflight') break;
    }
    expect([...new Set(seen)]).toEqual(['preflight', 'away']);
    await client.workflow.getHandle('gray-release/shop').terminate('test');
    expect(await waiting).toMatchObject({ phase: 'closed', outcome: null });
    await client.connection.close();
  }, 90_000);
});
