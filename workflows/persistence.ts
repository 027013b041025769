/** The way back is never given up: whatever stops a step is said aloud, and the step is done again. */
import { sleep } from '@temporalio/workflow';
import { announce } from './announce.ts';
import { handoverIsDue } from './handover.ts';
import { Handover, interruptionOf, seenFence } from './interruption.ts';
import type { Run } from './run.ts';
import { serverRetryMs } from './timeouts.ts';

/** Returns when the step may be tried again (if the history has grown long, in the next run): at once against another writer, after a pause against anything else. */
export async function notGivenUp(run: Run, error: unknown): Promise<void> {
  const { message } = interruptionOf(error);
  run.note(`${message}; trying again`);
  if (handoverIsDue()) throw new Handover();
  if (seenFence(error) !== null) return;
  announce(run, 'stuck', `the way back is stuck: ${message}`, 'alarm');
  await sleep(serverRetryMs.first, { summary: 'then the next attempt' });
}
