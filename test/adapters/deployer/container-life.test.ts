import { describe, expect, test } from 'vitest';
import { containersOf } from '../../../src/adapters/deployer/container/fleet.ts';
import { siteOf } from '../../../src/adapters/deployer/container/site.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import { serverScript } from '../../support/oci-registry.ts';
import { eventually } from '../../support/processes.ts';
import { at, scripted, useContainers, withSpec } from './container-site.ts';
import { build, order } from './contract.ts';
import { context } from './harnesses.ts';

useContainers();

describe('a container', () => {
  test('that never answers is an error with what it waited for and the end of its log', async () => {
    const deaf = await scripted('6.0.0', '#!/bin/sh\necho I am deaf\nexec sleep 60\n');
    const deployer = withSpec({ readyMs: 1_000 });
    await expect(deployer.deploy(order(await at().server(), deaf, 1))).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/not ready within 1000 ms: .*ECONNREFUSED[\s\S]*I am deaf/),
    });
  });

  test.each([
    ['true', { status: 'fulfilled' }],
    [
      'false',
      { status: 'rejected', reason: { code: 'deployFailed', message: expect.stringContaining('says unhealthy') } },
    ],
  ])('waits for the health check of its image: %s', async (program, outcome) => {
    const { podman, spec } = at();
    const server = await at().server();
    // Podman leaves health checks to systemd's timers; here we run them.
    const create = { Healthcheck: { Test: ['CMD', 'busybox', program], Interval: 3_600_000_000_000, Retries: 1 } };
    const artifact = await scripted('1.0.6', `${serverScript('1.0.6')}# ${program}\n`);
    const [deployed] = await Promise.allSettled([
      withSpec({ create }).deploy(order(server, artifact, 1)),
      eventually(async () => {
        const [one] = await containersOf(siteOf(spec, context, server));
        return (
          one?.phase === 'running' &&
          (await podman.ask('GET', `/v4.0.0/libpod/containers/${one.id}/healthcheck`)) === 200
        );
      }),
    ]);
    expect(deployed).toMatchObject(outcome);
  });

  test('whose health check never says anything is not ready', async () => {
    const create = { Healthcheck: { Test: ['CMD', 'busybox', 'true'], Interval: 3_600_000_000_000 } };
    const deployer = withSpec({ create, readyMs: 800 });
    const v1 = await at().build('1.0.0');
    await expect(deployer.deploy(order(await at().server(), v1, 1))).rejects.toMatchObject({
      message: expect.stringContaining('still says starting'),
    });
  });

  test('that ends and is started again by the engine is a failed start', async () => {
    const broken = await at().build('5.0.0', 'failStart');
    const deployed = withSpec({ restart: 'unless-stopped' }).deploy(order(await at().server(), broken, 1));
    await expect(deployed).rejects.toMatchObject({ message: expect.stringMatching(/ended before it answered/) });
  });

  test('is tried out on its side port first, so that a broken version never stops the old one', async () => {
    const deployer = withSpec({ trialPortOffset: 1_000 });
    const server = await at().server();
    const [v1, broken] = [await at().build('1.0.0'), await at().build('5.0.0', 'failStart')];
    await deployer.deploy(order(server, v1, 1));
    const before = await at().instance(server);
    await expect(deployer.deploy(order(server, broken, 2))).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/ended before[\s\S]*no room for me/),
    });
    expect(await at().instance(server)).toBe(before);
    const liar = await at().build('4.0.0', 'lie');
    await expect(deployer.deploy(order(server, liar, 3))).rejects.toMatchObject({ code: 'versionMismatch' });
    expect(await at().instance(server)).toBe(before);
    const v2 = await at().build('2.0.0');
    const steps: string[] = [];
    expect(await deployer.deploy({ ...order(server, v2, 4), progress: (step) => steps.push(step) })).toEqual(build(v2));
    expect(steps).toEqual(expect.arrayContaining(['tried out', 'stopped', 'started', 'ready']));
    expect((await rolesOf(server)).filter((role) => role === 'trial')).toEqual([]);
  });

  test("of somebody else's on the port is named; named in deploy.adopt, it is the base's", async () => {
    const { podman, spec, deployer } = at();
    const server = await at().server();
    const [v1, v2] = [await at().build('1.0.0'), await at().build('2.0.0')];
    await podman.pull(v1.source ?? '');
    await podman.run(`compose-${server.id}`, v1.source ?? '', [
      `GRAY_PORT=${server.address.port}`,
      `GRAY_DIGEST=${v1.digest}`,
    ]);
    await eventually(async () => (await deployer.read(server)).running !== null);
    await expect(deployer.deploy(order(server, v2, 1))).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringContaining('adopt: '),
    });
    const adopting = { ...server, deploy: { adopt: `compose-${server.id}` } };
    const forward = { ...order(adopting, v2, 2), recordBase: true, release: 'first' };
    expect(await deployer.deploy(forward)).toEqual(build(v2));
    expect((await deployer.read(adopting)).base).toEqual({ release: 'first', artifact: build(v1) });
    expect(await deployer.deploy(order(adopting, build(v1), 3))).toEqual(build(v1));
    expect((await containersOf(siteOf(spec, context, adopting))).map(({ name }) => name).join()).not.toContain(
      'compose',
    );
  });

  test('of the base and the last one are kept through releases; older ones go', async () => {
    const server = await at().server();
    const versions = await Promise.all(['1.0.0', '2.0.0', '3.0.0', '4.0.0'].map((version) => at().build(version)));
    for (const [index, artifact] of versions.entries()) {
      const forward = { ...order(server, artifact, index + 1), release: `r${index}`, recordBase: true };
      await at().deployer.deploy(forward);
    }
    const { spec } = at();
    const there = await containersOf(siteOf(spec, context, server));
    expect(there.map(({ phase, labels }) => `${phase} ${labels.version}`).sort()).toEqual([
      'ended 3.0.0',
      'running 4.0.0',
    ]);
  });

  test('is asked for its image: a digest that a process repeats proves nothing', async () => {
    const { podman } = at();
    const server = await at().server();
    const v1 = await at().build('1.0.0');
    const other = await scripted('1.0.0', `${serverScript('1.0.0')}# another build\n`);
    for (const { source } of [v1, other]) await podman.pull(source ?? '');
    const told = [`GRAY_PORT=${server.address.port}`, `GRAY_DIGEST=${v1.digest}`];
    await podman.run(`liar-${server.id}`, other.source ?? '', told);
    await eventually(async () => (await at().deployer.read(server)).running?.digest === v1.digest);
    const before = await at().instance({ ...server, deploy: { adopt: `liar-${server.id}` } });
    await at().deployer.deploy(order({ ...server, deploy: { adopt: `liar-${server.id}` } }, v1, 1));
    expect(before).not.toBeNull();
    expect(await at().instance(server)).not.toBe(before);
  });
});

async function rolesOf(server: ServerSpec): Promise<readonly string[]> {
  const { spec } = at();
  return (await containersOf(siteOf(spec, context, server))).map(({ role }) => role);
}
