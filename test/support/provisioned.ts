/** Before the first test: the Temporal programs, Envoy and the workflow bundle, so that test files find them in the environment. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporalCli, temporalTestServer } from '../../src/provision/program.ts';
import { provision, provisionTemporal, provisionTestServer } from '../../src/provision/provision.ts';
import { bundleNow, bundleVariable } from './bundle.ts';
import { envoyProgram } from './envoy-program.ts';

let folder: string | undefined;

export async function setup(): Promise<void> {
  const options = { log: (line: string) => console.log(line), env: process.env };
  process.env[temporalCli.variable] ??= (await provisionTemporal(options)).path;
  process.env[temporalTestServer.variable] ??= (await provisionTestServer(options)).path;
  process.env[envoyProgram.variable] ??= await envoy(options);
  folder = await mkdtemp(join(tmpdir(), 'gray-bundle-'));
  process.env[bundleVariable] = join(folder, 'workflows.js');
  await writeFile(join(folder, 'workflows.js'), (await bundleNow()).code);
}

/** Without an Envoy its own tests fail, and say so; the others are none the worse for it. */
const envoy = (options: Parameters<typeof provision>[1]): Promise<string> =>
  provision(envoyProgram, options).then(
    ({ path }) => path,
    (error: unknown) => {
      options.log(error instanceof Error ? error.message : String(error));
      return '';
    },
  );

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
