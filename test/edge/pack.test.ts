/** The package as a stranger gets it: packed, installed in an empty folder elsewhere, and run. */
import { cp, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/commands/index.ts';
import { searchAttributeTypes } from '../../src/domain/names.ts';
import { type DevServer, startDevServer } from '../../src/provision/dev-server.ts';
import { temporalCli } from '../../src/provision/program.ts';
import { freePorts } from '../support/ports.ts';
import { startProcess } from '../support/processes.ts';
import { root } from '../support/source.ts';

let folder = '';
let server: DevServer | undefined;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gray-pack-')));
  await execa('npm', ['pack', '--pack-destination', folder], { cwd: root });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  await execa('npm', ['install', ...quick, join(folder, tarball)], { cwd: folder });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const installed = (...parts: string[]) => join(folder, 'node_modules', 'gray-release', ...parts);
const gray = () => join(folder, 'node_modules', '.bin', 'gray');

/** Lays `compose/` beside the installed package, as the Dockerfile does, and builds what the image would hold. */
async function laySandbox(): Promise<void> {
  await cp(join(root, 'compose'), installed('compose'), { recursive: true });
  await cp(join(root, 'demo/service/server.mjs'), installed('compose', 'server.mjs'));
  await execa(process.execPath, [installed('compose', 'build.mjs')]);
}

describe('the sandbox of docker-compose.yml, without its containers', () => {
  beforeAll(laySandbox);
  afterAll(() => killServer(join(folder, 'agent', 'shop-1')));

  it('gives HAProxy a configuration that it accepts', async () => {
    await execa(process.execPath, [installed('compose', 'prepare.mjs'), folder]);
    const config = await readFile(join(folder, 'haproxy.cfg'), 'utf8');
    await writeFile(join(folder, 'haproxy.cfg'), config.replaceAll(/\/(var\/lib|run)\/haproxy/g, folder));
    await execa('haproxy', ['-c', '-f', join(folder, 'haproxy.cfg')]);
  });

  it('deploys through an agent, which brings its server up again after a restart', async () => {
    const [port, agentPort] = await freePorts(2);
    const args = ['shop-1', String(port), String(agentPort), join(folder, 'agent')];
    const startAgent = async () => {
      const agent = await startProcess({
        command: process.execPath,
        args: [installed('compose', 'agent.mjs'), ...args],
      });
      await agent.printed(/agent of shop-1 listens/);
      return agent;
    };
    const url = `http://127.0.0.1:${port}/version`;
    const version = async () => /"version":"(.*?)"/.exec(await (await fetch(url)).text())?.[1];

    const agent = await startAgent();
    expect(await version()).toBe('1.0.0');
    const artifact = JSON.parse(await readFile(installed('compose', 'builds', '2.0.0.json'), 'utf8'));
    const server = { id: 'shop-1', address: { host: '127.0.0.1', port } };
    const order = { operation: 'deploy', server, artifact, version: { get: '/version' }, fence: 3, recordBase: true };
    const asked = await execa(process.execPath, [installed('compose', 'ask.mjs')], {
      input: JSON.stringify({ ...order, release: 'r1' }),
      env: { AGENT_PORT: String(agentPort) },
    });
    expect(JSON.parse(asked.stdout)).toEqual({ ok: true });
    expect(await version()).toBe('2.0.0');

    await agent.kill();
    await killServer(join(folder, 'agent', 'shop-1'));
    await expect(version()).rejects.toThrow();
    await startAgent();
    expect(await version()).toBe('2.0.0');
  }, 60_000);
});

/** As a container's end does: the processes that the deploy program marked with their folder. */
async function killServer(home: string): Promise<void> {
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`DEPLOY_HOME=${home}`)) process.kill(Number(name), 'SIGKILL');
  }
}

describe('the package, installed elsewhere', () => {
  it('holds what runs and the examples, and nothing of our workshop', async () => {
    const names = await readdir(installed());
    expect(names.filter((name) => name !== 'compose').sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'examples',
      'package.json',
    ]);
    const files = await readdir(installed('dist'), { recursive: true });
    expect(files.filter((name) => /^(test|bench|demo|scripts)\b|\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });

  it('has a `gray` that runs and knows every verb', async () => {
    const { stdout } = await execa(gray(), ['--help'], { cwd: folder });
    for (const { usage } of verbs) expect(stdout).toContain(usage.split(' ')[0]);
  });

  it('writes an annotated release file that it then accepts', async () => {
    await execa(gray(), ['init'], { cwd: folder });
    const { stdout } = await execa(gray(), ['validate', 'release.yml'], { cwd: folder });
    expect(stdout).toContain('release.yml');
  });

  it('is a library, with a JSON Schema for editors', async () => {
    const use = `
      import * as gray from 'gray-release';
      import { readFileSync } from 'node:fs';
      import { createRequire } from 'node:module';
      const schema = createRequire(import.meta.url).resolve('gray-release/schema.json');
      console.log(typeof gray.startRelease, JSON.parse(readFileSync(schema, 'utf8')).title);`;
    await writeFile(join(folder, 'use.js'), use);
    const { stdout } = await execa(process.execPath, ['use.js'], { cwd: folder });
    expect(stdout).toMatch(/^function Release file/);
  });

  it('starts a worker from the prebuilt workflow bundle alone', async () => {
    await rm(installed('dist', 'workflows'), { recursive: true });
    server = await startDevServer({
      path: process.env[temporalCli.variable] ?? '',
      namespace: 'default',
      searchAttributes: Object.entries(searchAttributeTypes).map(([name, type]) => ({ name, type })),
      log: () => undefined,
    });
    const worker = await startProcess({
      command: gray(),
      args: ['worker'],
      cwd: folder,
      env: { TEMPORAL_ADDRESS: server.address },
    });
    await worker.printed(/worker is ready/, 30_000);
    expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 90_000);
});
