/** Before the first test: the Temporal programs and the workflow bundle, so that test files find them in the environment. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporalCli, temporalTestServer } from '../../src/provision/program.ts';
import { provisionTemporal, provisionTestServer } from '../../src/provision/provision.ts';
import { bundleNow, bundleVariable } from './bundle.ts';

let folder: string | undefined;

export async function setup(): Promise<void> {
  const options = { log: (line: string) => console.log(line), env: process.env };
  process.env[temporalCli.variable] ??= (await provisionTemporal(options)).path;
  process.env[temporalTestServer.variable] ??= (await provisionTestServer(options)).path;
  folder = await mkdtemp(join(tmpdir(), 'gray-bundle-'));
  process.env[bundleVariable] = join(folder, 'workflows.js');
  await writeFile(join(folder, 'workflows.js'), (await bundleNow()).code);
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
