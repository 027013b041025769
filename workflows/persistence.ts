/** The way back is never given up: whatever stops a step is said aloud, and the step is done again. */
import { sleep } from '@temporalio/workflow';
import { announce } from './announce.ts';
import { interruptionOf, seenFence } from './interruption.ts';
import type { Run } from './run.ts';
import { serverRetryMs } from './timeouts.ts';

/** Returns when the step may be tried again: at once against another writer, after a pause against anything else. */
export async function notGivenUp(run: Run, error: unknown): Promise<void> {
  const { message } = interruptionOf(error);
  run.note(`${message}; trying again`);
  if (seenFence(error) !== null) return;
  announce(run, 'stuck', `the way back is stuck: ${message}`, 'alarm');
  await sleep(serverRetryMs.first, { summary: 'then the next attempt' });
}
