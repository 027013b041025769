/** What can be wrong with an engine or an image, and that the message says what to do. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { containerDoctor } from '../../../src/adapters/deployer/container/doctor.ts';
import { imageProblem } from '../../../src/adapters/deployer/image-name.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { ContainerDeployerSpec } from '../../../src/domain/spec.ts';
import { eventually } from '../../support/processes.ts';
import { at, useContainers, withSpec } from './container-site.ts';
import { order } from './contract.ts';
import { context } from './harnesses.ts';

useContainers();

const hex = 'a'.repeat(64);

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gray-engine-'));
  folders.push(folder);
  return join(folder, 'engine.sock');
}

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
