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
  if (program.sdkKind === null) throw new Error('the SDK has no download of it');
  const sdk = createRequire(import.meta.url).resolve('@temporalio/testing');
  const { stdout } = await execa(process.execPath, ['-e', script, sdk, program.sdkKind, folder], {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: 5 * 60_000,
  });
  const name = (await readdir(folder)).find((entry) => entry.startsWith('temporal'));
  if (stdout !== 'done' || name === undefined) throw new Error(stdout || 'the SDK did not finish');
  return join(folder, name);
}

// SIGKILL to itself: a plain exit was seen to hang for minutes inside the SDK's native runtime after a failed download.
const script = `
  const [sdk, kind, downloadDir] = process.argv.slice(1);
  const end = (word) => process.stdout.write(word, () => process.kill(process.pid, 'SIGKILL'));
  const { TestWorkflowEnvironment } = require(sdk);
  TestWorkflowEnvironment[kind]({ server: { executable: { type: 'cached-download', downloadDir } } })
    .then((server) => server.teardown())
    .then(() => end('done'), (error) => end(String(error)));
`;
