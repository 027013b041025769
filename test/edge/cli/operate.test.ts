/** `gray worker`, `gray dev` and `gray abort --direct` as processes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { connect, listReleases, releaseStatus, startRelease, workersSeen } from '../../../src/client.ts';
import { parseReleaseFile } from '../../../src/spec.ts';
import { freePorts } from '../../support/ports.ts';
import { eventually } from '../../support/processes.ts';
import { releaseSpec } from '../../support/release-spec.ts';
import { startRouterProcess } from '../../support/router-process.ts';
import { useTemporal } from '../../support/temporal.ts';
import { checked } from '../client/checked.ts';
import { at, folder, gray, grayStarted } from './gray.ts';

vi.setConfig({ testTimeout: 90_000 });

const temporal = useTemporal();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('gray worker', () => {
  it('serves both queues, logs JSON on standard error, serves metrics, and ends 0 on SIGTERM', async () => {
    const [port = 0] = await freePorts(1);
    const args = ['worker', '--json', '--metrics-address', `127.0.0.1:${port}`];
    const worker = await grayStarted(args, at(temporal()));
    await worker.printed(/"ready":true/);
    await expect
      .poll(() => workersSeen(temporal().client), { timeout: 10_000 })
      .toMatchObject({ workflows: [expect.anything()], routing: [expect.anything()], work: [expect.anything()] });
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toContain('temporal_');
    worker.signal('SIGTERM');
    expect((await worker.exited).code).toBe(0);
    expect(worker.output()).toMatch(/\{"level":30,.*"msg":/);
  });

  it('says within seconds that there is no Temporal', async () => {
    const [port = 0] = await freePorts(1);
    const { exitCode, stderr } = await gray(['worker'], { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
    expect(exitCode).toBe(7);
    expect(stderr).toContain(`no Temporal server answers at 127.0.0.1:${port}`);
  });

  it('refuses half of a deployment version', async () => {
    expect(await gray(['worker', '--build-id', 'x'], at(temporal()))).toMatchObject({ exitCode: 2 });
  });
});

describe('gray dev', () => {
  it('brings up Temporal and a worker, remembers releases on its file, and leaves no process behind', async () => {
    const dir = await folder();
    const [port = 0, uiPort = 0] = await freePorts(2);
    const args = ['dev', '--json', '--dir', dir, '--port', String(port), '--ui-port', String(uiPort)];
    const spec = releaseSpec('kept', checked());
    const temporalConfig = { address: `127.0.0.1:${port}`, namespace: 'default', uiUrl: null };
    const open = () =>
      connect({ temporal: { ...temporalConfig, connection: { address: temporalConfig.address } }, timeoutMs: 10_000 });

    const first = await grayStarted(args, {});
    const [, serverPid] = await first.printed(/"serverPid":(\d+)/, 60_000);
    expect(first.output()).toContain(`http://127.0.0.1:${uiPort}`);
    let client = await open();
    await startRelease(client, { spec, by: 'ana', requestId: 'r1' });
    await client.connection.close();
    first.signal('SIGINT');
    expect((await first.exited).code).toBe(0);
    await eventually(() => !isAlive(Number(serverPid)));

    const second = await grayStarted(args, {});
    await second.printed(/"ready":true/, 60_000);
    client = await open();
    expect((await releaseStatus(client, 'kept')).requestId).toBe('r1');
    await expect.poll(async () => (await listReleases(client, { target: 'kept' })).length).toBe(1);
    await client.connection.close();
    await second.kill('SIGTERM');
  });
});

describe('gray abort --direct', () => {
  it('takes users off gray at a real router while nothing else runs', async () => {
    const dir = await folder();
    await mkdir(join(dir, 'servers'));
    const [one = 0, two = 0] = await freePorts(2);
    const servers = [
      { id: 's1', address: { host: '127.0.0.1', port: one } },
      { id: 's2', address: { host: '127.0.0.1', port: two } },
    ];
    const router = await startRouterProcess(servers, { target: 'shop' });
    const file = join(dir, 'shop.yml');
    const text = JSON.stringify({
      target: 'shop',
      servers: servers.map(({ id, address }) => ({
        id,
        address: `${address.host}:${address.port}`,
        gray: id === 's1',
      })),
      artifact: { version: '2.0.0', source: './x.tgz', digest: `sha256:${'0a'.repeat(32)}` },
      router: router.spec,
      deployer: { kind: 'process', dir: './servers', start: ['node', 'server.mjs', '--port', '{port}'] },
      metrics: { kind: 'exposition', define: { errors: { total: 'requests_total', bad: { code: '/5../' } } } },
      ramp: { stages: [{ share: '5%', hold: '1m' }] },
      judge: { metrics: { errors: { maxRate: '1%' } } },
      verify: { gray: [{ get: '/', as: 'tester' }] },
    });
    await writeFile(file, text);
    expect(parseReleaseFile(text, { path: file }).target).toBe('shop');
    const { exitCode, stdout } = await gray(['abort', '--direct', file, '--json', '--reason', 'INC-9'], {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    const done: unknown = JSON.parse(stdout);
    expect(done).toMatchObject({
      target: 'shop',
      by: 'ana@desk',
      reason: 'INC-9',
      before: { fence: 0, period: 'normal' },
      after: { fence: 1, period: 'exception', release: 'operator', split: { shareBp: 0 } },
    });
    // No server runs behind this router, so no request can prove anything, and the exit status says so.
    expect(exitCode).toBe(1);
    await router.end();
  });
});
