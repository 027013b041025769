/** The package as a stranger gets it: packed, installed in an empty folder elsewhere, and run. */
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/commands/index.ts';
import { searchAttributeTypes } from '../../src/domain/names.ts';
import { type DevServer, startDevServer } from '../../src/provision/dev-server.ts';
import { temporalCli } from '../../src/provision/program.ts';
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

describe('the package, installed elsewhere', () => {
  it('holds what runs and the examples, and nothing of our workshop', async () => {
    const names = await readdir(installed());
    expect(names.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'examples', 'package.json']);
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
