/**
 * The Temporal SDK's own download of a program, kept in our cache. It runs in a process of its own, because the SDK
 * sets up its runtime once per process and the caller may want to set up its own.
 */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Program } from './program.ts';

/** Has the SDK fetch the program into `folder` and returns its path. */
export async function downloadBySdk(program: Program, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const sdk = createRequire(import.meta.url).resolve('@temporalio/testing');
  await execa(process.execPath, ['-e', script, sdk, program.sdkKind, folder], {
    env,
    extendEnv: false,
    stdin: 'ignore',
    timeout: 10 * 60_000,
  });
  const name = (await readdir(folder)).find((entry) => entry.startsWith('temporal'));
  if (name === undefined) throw new Error('the SDK left no program behind');
  return join(folder, name);
}

const script = `
  const [sdk, kind, downloadDir] = process.argv.slice(1);
  const { TestWorkflowEnvironment } = require(sdk);
  TestWorkflowEnvironment[kind]({ server: { executable: { type: 'cached-download', downloadDir } } })
    .then((server) => server.teardown())
    .then(() => process.exit(0), (error) => { console.error(String(error)); process.exit(1); });
`;
