/** The workflow bundle: made once for a whole test run, which takes some seconds, or here and now. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Names the file that the test run's set-up wrote. */
export const bundleVariable = 'GRAY_TEST_BUNDLE';

export async function testBundle(): Promise<{ readonly code: string }> {
  const path = process.env[bundleVariable];
  return path === undefined ? bundleNow() : { code: await readFile(path, 'utf8') };
}

export const bundleNow = (): Promise<{ readonly code: string }> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
