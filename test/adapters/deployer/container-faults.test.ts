/** What can be wrong with an engine, an image or a server, and that the message says what to do. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containerDoctor } from '../../../src/adapters/deployer/container/doctor.ts';
import { containersOf } from '../../../src/adapters/deployer/container/fleet.ts';
import { siteOf } from '../../../src/adapters/deployer/container/site.ts';
import { containerDeployer } from '../../../src/adapters/deployer/container.ts';
import { imageProblem } from '../../../src/adapters/deployer/image-name.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { ContainerDeployerSpec } from '../../../src/domain/spec.ts';
import { serverScript } from '../../support/oci-registry.ts';
import { eventually } from '../../support/processes.ts';
import { type ContainerHarness, containerHarness } from './container-harness.ts';
import { build, order } from './contract.ts';
import { context } from './harnesses.ts';

let made: ContainerHarness | undefined;
beforeAll(async () => {
  made = await containerHarness();
});
afterAll(() => made?.dispose());

describe('gray doctor', () => {
  const look = (spec: ContainerDeployerSpec, servers: readonly ServerSpec[]) =>
    containerDoctor(spec, { ...context, servers });

  test('names the engine, and what serves on each server', async () => {
    const [ours, empty, theirs] = [await at().server(), await at().server(), await at().server()];
    const v1 = await at().build('1.0.0');
    await at().deployer.deploy(order(ours, v1, 1));
    await at().podman.run(`theirs-${theirs.id}`, v1.source ?? '', [
      `GRAY_PORT=${theirs.address.port}`,
      `GRAY_DIGEST=${v1.digest}`,
    ]);
    await eventually(async () => (await at().deployer.read(theirs)).running !== null);
    expect(await look(at().spec, [ours, empty, theirs])).toEqual([
      { ok: true, what: expect.stringMatching(/podman\.sock: Podman Engine 4\./), mend: '' },
      { ok: true, what: expect.stringContaining(`${ours.id} runs as gray.contract.${ours.id}.`), mend: '' },
      { ok: true, what: expect.stringContaining('its port is free'), mend: '' },
      { ok: false, what: expect.stringContaining('not from a container'), mend: expect.stringContaining('adopt') },
    ]);
  });

  test('names an engine that is not there', async () => {
    const findings = await look({ ...at().spec, socket: await socketPath() }, [await at().server()]);
    expect(findings).toEqual([{ ok: false, what: expect.stringContaining('start it'), mend: expect.any(String) }]);
  });
});

function at(): ContainerHarness {
  if (made === undefined) throw new Error('the harness was not made');
  return made;
}
const hex = 'a'.repeat(64);

const withSpec = (more: Partial<ContainerDeployerSpec>) => containerDeployer({ ...at().spec, ...more }, context);

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-engine-'));
  folders.push(folder);
  return join(folder, 'engine.sock');
}

describe('an engine that cannot be used', () => {
  test('is named with its socket when nothing answers there, and how to start it', async () => {
    const deployer = withSpec({ socket: await socketPath() });
    const server = await at().server();
    await expect(deployer.read(server)).rejects.toMatchObject({
      code: 'serverUnreachable',
      message: expect.stringMatching(/engine\.sock: start it \(such as systemctl start docker\.socket/),
    });
  });

  test('is named when the socket does not let this user in, and this is not tried again', async () => {
    const socket = await socketPath();
    const engine = createServer((_, response) => response.end('OK'));
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    await chmod(socket, 0o600);
    await chmod(join(socket, '..'), 0o755);
    const deployer = withSpec({ socket });
    const server = await at().server();
    process.seteuid?.(65_534);
    const asked = Promise.allSettled([deployer.read(server)]);
    const [result] = await asked;
    process.seteuid?.(0);
    engine.close();
    expect(result).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'serverRefused',
        transient: false,
        message: expect.stringMatching(/add it to the socket's group/),
      },
    });
  });

  test('is refused when it is another program', async () => {
    const socket = await socketPath();
    const other = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => other.listen(socket, resolve));
    await expect(withSpec({ socket }).read(await at().server())).rejects.toMatchObject({
      code: 'serverRefused',
      message: expect.stringContaining('is not the socket of Docker or Podman'),
    });
    other.close();
  });
});

describe('an image', () => {
  test.each([
    ['registry.example/pay:1.4', /is a tag or a name.*write registry\.example\/pay@sha256:a{64}$/],
    ['registry.example:5000/shop/pay', /write registry\.example:5000\/shop\/pay@sha256:a{64}$/],
    [`pay:1.4@sha256:${hex}`, /tag beside its digest; write pay@sha256/],
    [`registry.example/pay@sha256:${'b'.repeat(64)}`, /another digest than the artifact/],
    [`../pay@sha256:${hex}`, /no name of an image/],
  ])('%s is refused, with what to write', async (source, problem) => {
    const artifact = { version: '1.4', digest: `sha256:${hex}`, source };
    expect(imageProblem(artifact)).toMatch(problem);
    const refused = at().deployer.deploy(order(await at().server(), artifact, 1));
    await expect(refused).rejects.toMatchObject({ code: 'artifactMissing', message: expect.stringMatching(problem) });
  });

  test('is refused when the registry gives another content for its digest', async () => {
    const { registry, deployer, server, build: newBuild } = at();
    const [wanted, other] = [await newBuild('1.1.0'), await newBuild('1.1.1')];
    registry.fault = (digest, response) => {
      if (digest !== wanted.digest) return false;
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
      response.end(registry.manifest(other.digest));
      return true;
    };
    const one = await server();
    await expect(deployer.deploy(order(one, wanted, 1))).rejects.toMatchObject({ code: 'artifactMissing' });
    expect(await deployer.available(wanted, one)).toMatchObject({ ok: false });
    registry.fault = null;
  });

  test('that does not come in time is an error that may pass, and names the setting', async () => {
    const { registry, build: newBuild } = at();
    const slow = await newBuild('1.0.2');
    registry.fault = (digest) => digest === slow.digest;
    const deployer = withSpec({ pullMs: 300 });
    await expect(deployer.deploy(order(await at().server(), slow, 1))).rejects.toMatchObject({
      code: 'deployFailed',
      transient: true,
      message: expect.stringContaining('within 300 ms (deployer.pull)'),
    });
    registry.fault = null;
  });

  test('is known to be there before all of it has come', async () => {
    const { registry } = at();
    const large = await at().build('1.0.4');
    registry.stall = true;
    const asked = at().deployer.available(large, await at().server());
    expect(await asked.finally(() => (registry.stall = false))).toEqual({ ok: true });
  });

  test('needs no source where it is on the engine already', async () => {
    const server = await at().server();
    const artifact = await at().build('1.0.3');
    await at().deployer.deploy(order(server, artifact, 1));
    const { version, digest } = artifact;
    expect(await at().deployer.available({ version, digest }, server)).toEqual({ ok: true });
    expect(await at().deployer.available({ version, digest: `sha256:${hex}` }, server)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('names no source'),
    });
  });
});

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

async function scripted(version: string, script: string): Promise<Artifact> {
  const { registry } = at();
  return { version, ...(await registry.add('shop/pay', { version, script })) };
}

async function rolesOf(server: ServerSpec): Promise<readonly string[]> {
  const { spec } = at();
  return (await containersOf(siteOf(spec, context, server))).map(({ role }) => role);
}
