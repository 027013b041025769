import { afterEach, describe, expect, it } from 'vitest';
import { connect, registerSearchAttributes } from '../../../src/client.ts';
import type { TemporalConfig } from '../../../src/config.ts';
import { diagnose, type Finding } from '../../../src/doctor/doctor.ts';
import { namedVariables } from '../../../src/doctor/environment.ts';
import { examineSettings } from '../../../src/doctor/settings.ts';
import { startDevServer } from '../../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../../src/provision/provision.ts';
import { freePort } from '../../support/ports.ts';
import { useTemporal } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const configOf = (address: string): TemporalConfig => ({
  address,
  namespace: 'default',
  connection: { address },
  uiUrl: null,
});

const look = (address = temporal().server.address, env: NodeJS.ProcessEnv = {}): Promise<Finding[]> =>
  diagnose(world.spec, { temporal: configOf(address), adapters: world.adapters(), env });

const failures = (findings: readonly Finding[]) => findings.filter(({ kind }) => kind === 'fail');

describe('the doctor', () => {
  it('finds nothing wrong where everything is there', async () => {
    world = new World(temporal());
    await world.work();
    const findings = await look();
    expect(failures(findings)).toEqual([]);
    expect(new Set(findings.map(({ area }) => area))).toEqual(
      new Set(['temporal', 'worker', 'router', 'servers', 'metrics', 'environment', 'clocks']),
    );
  });

  it('names a Temporal that does not answer, and still looks at everything else', async () => {
    world = new World(temporal());
    const findings = await look(`127.0.0.1:${await freePort()}`);
    expect(failures(findings)).toMatchObject([
      {
        area: 'temporal',
        text: expect.stringContaining('no Temporal server answers'),
        mend: expect.stringContaining('gray dev'),
      },
    ]);
    expect(findings.filter(({ area }) => area === 'servers')).toHaveLength(world.spec.servers.length);
  });

  it('names a namespace without our search attributes, and a queue without a worker, with the command that mends it', async () => {
    world = new World(temporal());
    const { path } = await provisionTemporal({ log: () => undefined, env: process.env });
    const bare = await startDevServer({ path, namespace: 'default', searchAttributes: [], log: () => undefined });
    try {
      const before = failures(await look(bare.address));
      expect(before).toMatchObject([
        { area: 'temporal', text: expect.stringContaining('GrayTarget'), mend: 'gray search-attributes register' },
        { area: 'worker', mend: expect.stringContaining('gray worker') },
        { area: 'worker' },
        { area: 'worker' },
      ]);
      const client = await connect({ temporal: configOf(bare.address) });
      expect((await registerSearchAttributes(client.connection, 'default')).added).toContain('GrayShare');
      expect((await registerSearchAttributes(client.connection, 'default')).added).toEqual([]);
      await client.connection.close();
      expect(failures(await look(bare.address)).map(({ area }) => area)).toEqual(['worker', 'worker', 'worker']);
    } finally {
      await bare.stop();
    }
  });

  it('names a router that was left in the exception period, with the way out', async () => {
    world = new World(temporal());
    await world.work();
    const { route } = await world.router.read();
    await world.router.apply({ ...route, fence: 1, release: 'operator', period: 'exception' });
    expect(failures(await look())).toMatchObject([
      {
        area: 'router',
        text: 'period exception, and no release is open',
        mend: expect.stringContaining('gray rollback'),
      },
    ]);
  });

  it('names servers that are down, that the router does not know, or that tell no version', async () => {
    world = new World(temporal());
    await world.work();
    world.router.setUp('s3', false);
    world.fleet.kill('s4');
    const texts = failures(await look()).map(({ text }) => text);
    expect(texts).toContainEqual('considers down: s3');
    expect(texts).toContainEqual(expect.stringMatching(/^s4 tells no version: /));
  });

  it('names a HAProxy that does not answer, and a map that two instances share', async () => {
    world = new World(temporal());
    const instance = (n: number) => ({
      socket: `/does/not/exist/${n}.sock`,
      map: '/does/not/exist/shop.map',
      stateFile: `/does/not/exist/${n}.state`,
      backends: { a: 'shop-a', b: 'shop-b' },
      probe: 'http://127.0.0.1:1',
    });
    const router = {
      kind: 'haproxy' as const,
      identity: {},
      entrance: 'http://127.0.0.1:1',
      instances: [instance(1), instance(2)],
    };
    const findings = failures(await examineSettings({ ...world.spec, router }));
    expect(findings).toContainEqual(expect.objectContaining({ text: '/does/not/exist/shop.map is named twice' }));
    expect(findings).toContainEqual(
      expect.objectContaining({
        text: expect.stringContaining('/does/not/exist/1.sock'),
        mend: expect.stringContaining('level admin'),
      }),
    );
  });

  it('names a metric that cannot be measured', async () => {
    world = new World(temporal());
    await world.work();
    world.metrics.set('*', 'gray', 'unusable');
    expect(failures(await look())).toMatchObject([{ area: 'metrics', text: expect.stringMatching(/^errors: /) }]);
  });

  it('names an environment variable that is not set, never its value', async () => {
    world = new World(temporal(), { notify: [{ kind: 'webhook', urlEnv: 'HOOK_URL', format: 'json' }] });
    await world.work();
    expect(namedVariables(world.spec)).toEqual(['HOOK_URL']);
    expect(failures(await look())).toMatchObject([{ area: 'environment', text: 'HOOK_URL is not set here' }]);
    const set = await look(undefined, { HOOK_URL: 'https://secret.example/token' });
    expect(failures(set)).toEqual([]);
    expect(JSON.stringify(set)).not.toContain('secret.example');
  });
});
