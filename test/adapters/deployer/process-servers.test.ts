/** What only the process deployer can get wrong: real processes, files and ports of this machine. */
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { processSupervisor } from '../../../src/adapters/deployer/process/supervise.ts';
import { processDeployer } from '../../../src/adapters/deployer/process.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { ProcessDeployerSpec } from '../../../src/domain/spec.ts';
import { startProcess } from '../../support/processes.ts';
import { build, type DeployerHarness, order } from './contract.ts';
import { context, processHarness } from './harnesses.ts';

let at: DeployerHarness & { readonly spec: ProcessDeployerSpec };
let v1: Artifact;
let v2: Artifact;
beforeAll(async () => {
  at = await processHarness(true);
  v1 = await at.build('1.0.0');
  v2 = await at.build('2.0.0');
});
afterAll(() => at?.dispose());
afterEach(() => {
  delete process.env.PAY_SECRET;
});

async function installed(): Promise<ServerSpec> {
  const server = await at.server();
  await at.deployer.deploy(order(server, v1, 1));
  return server;
}

const inHome = (server: ServerSpec, ...names: readonly string[]) => join(at.spec.dir, server.id, ...names);
const releaseFolder = ({ digest }: Artifact) => digest.replace(':', '-');
const withoutSource = ({ version, digest }: Artifact): Artifact => ({ version, digest });

test('an archive is unpacked, and its build is kept: a rollback needs no source', async () => {
  const server = await installed();
  await at.deployer.deploy(order(server, v2, 2));
  expect(await at.deployer.available(withoutSource(v1), server)).toEqual({ ok: true });
  expect(await at.deployer.deploy(order(server, withoutSource(v1), 3))).toEqual(build(v1));
});

test('a damaged kept build is mended from its source, and refused without one', async () => {
  const server = await installed();
  await at.deployer.deploy(order(server, v2, 2));
  await appendFile(inHome(server, 'releases', releaseFolder(v1), 'files', 'release.json'), ' ');
  expect(await at.deployer.available(withoutSource(v1), server)).toMatchObject({ ok: false });
  const before = await at.instance(server);
  const refused = at.deployer.deploy(order(server, withoutSource(v1), 3));
  await expect(refused).rejects.toMatchObject({ code: 'artifactMissing' });
  expect(await at.instance(server)).toBe(before);
  expect(await at.deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
  expect(await at.deployer.available(withoutSource(v1), server)).toEqual({ ok: true });
});

test('a file that is no archive is refused', async () => {
  const server = await installed();
  const source = join(at.spec.dir, 'broken.tgz');
  await writeFile(source, 'not an archive');
  const refused = at.deployer.deploy(order(server, { ...v2, digest: `sha256:${'1'.repeat(64)}`, source }, 2));
  await expect(refused).rejects.toMatchObject({ code: 'artifactMissing' });
});

test.each(['sha256:..', 'sha256:../../../tmp', 'md5:1', ''])('the digest %j is refused', async (digest) => {
  const server = await at.server();
  await expect(at.deployer.deploy(order(server, { ...v1, digest }, 1))).rejects.toMatchObject({
    code: 'artifactMissing',
  });
  expect(await at.deployer.available({ ...v1, digest }, server)).toMatchObject({ ok: false });
});

test('a frozen server that ignores SIGTERM is ended after stopMs', async () => {
  const server = await installed();
  process.kill(Number(await at.instance(server)), 'SIGSTOP');
  expect(await at.deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
});

test('a process that was never written down is found and replaced', async () => {
  const server = await installed();
  await rm(inHome(server, 'process.json'));
  await at.deployer.deploy(order(server, v2, 2));
  await at.kill(server);
});

test('a process that got the id of a dead server is left alone', async () => {
  const server = await installed();
  await at.kill(server);
  const innocent = await startProcess({ command: 'sleep', args: ['60'] });
  const record = JSON.parse(await readFile(inHome(server, 'process.json'), 'utf8'));
  await writeFile(inHome(server, 'process.json'), JSON.stringify({ ...record, pid: innocent.pid }));
  await at.deployer.deploy(order(server, v2, 2));
  expect(process.kill(innocent.pid, 0)).toBe(true);
  await innocent.kill();
});

test('a port that somebody else holds is named in the error', async () => {
  const server = await at.server();
  const squatter = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => squatter.listen(server.address.port, '127.0.0.1', resolve));
  const failed = at.deployer.deploy(order(server, v1, 1));
  await expect(failed).rejects.toMatchObject({ code: 'deployFailed', message: expect.stringMatching(/EADDRINUSE/) });
  squatter.close();
});

test('a program that is not there, or never gets ready, leaves a clear error', async () => {
  const server = await at.server();
  const absent = processDeployer({ ...at.spec, start: ['no-such-program'] }, context);
  await expect(absent.deploy(order(server, v1, 1))).rejects.toThrow(/no-such-program ENOENT/);
  const silent = processDeployer({ ...at.spec, start: ['sleep', '30'], readyMs: 150 }, context);
  await expect(silent.deploy(order(server, v1, 1))).rejects.toThrow(/no version within 150 ms/);
});

test('a folder that cannot be used is named', async () => {
  const server = await at.server();
  await writeFile(join(at.spec.dir, 'a-file'), '');
  const lost = processDeployer({ ...at.spec, dir: join(at.spec.dir, 'a-file') }, context);
  await expect(lost.read(server)).rejects.toMatchObject({
    code: 'deployFailed',
    message: expect.stringMatching(/a-file/),
  });
});

test('a server gets only the named variables, and no error shows their values', async () => {
  process.env.PAY_SECRET = 'hunter2-hunter2';
  const server = await at.server();
  const show = [process.execPath, '-e', 'console.log(JSON.stringify(process.env)); process.exit(1)'];
  const shown = async (env: readonly string[]) => {
    const failed = processDeployer({ ...at.spec, start: show, env }, context).deploy(order(server, v1, 1));
    await expect(failed).rejects.not.toThrow(/hunter2/);
    return (await readFile(inHome(server, 'server.log'), 'utf8')).split('\n').at(-2) ?? '';
  };
  expect(JSON.parse(await shown([]))).not.toHaveProperty('PAY_SECRET');
  expect(JSON.parse(await shown(['PAY_SECRET']))).toMatchObject({
    PAY_SECRET: 'hunter2-hunter2',
    GRAY_SERVER: server.id,
    GRAY_VERSION: '1.0.0',
  });
});

test('old builds are dropped, current and base never', async () => {
  const server = await installed();
  await at.deployer.deploy({ ...order(server, v2, 2), recordBase: true });
  for (const minor of [1, 2, 3, 4, 5, 6])
    await at.deployer.deploy(order(server, await at.build(`2.${minor}.0`), 2 + minor));
  const kept = await readdir(inHome(server, 'releases'));
  expect(kept).toContain(releaseFolder(v1));
  expect(kept).not.toContain(releaseFolder(v2));
  expect(kept).toHaveLength(6);
  expect(await readdir(inHome(server, 'staging'))).toEqual([]);
});

test('a server is stopped and started again outside of any release, at the fence it has seen', async () => {
  const server = await installed();
  await at.deployer.deploy(order(server, v2, 4));
  const supervisor = processSupervisor(at.spec, context);
  expect(await supervisor.serverPids(server)).toHaveLength(1);
  await supervisor.stopServer(server);
  expect(await supervisor.serverPids(server)).toEqual([]);
  expect(await supervisor.startServer(server)).toEqual(build(v2));
  expect(await at.deployer.read(server)).toMatchObject({ fence: 4, base: null });
  await expect(supervisor.startServer(await at.server())).rejects.toThrow(/no version was ever installed/);
});
