/** A heartbeat beside work that takes longer than a heartbeat time-out; cancellation arrives through it. */
import { heartbeat } from '@temporalio/activity';

const everyMs = 1_000;

/** Beats with `progress` (a function is asked each time) until `work` settles. */
export async function beating<Result>(progress: unknown, work: () => Promise<Result>): Promise<Result> {
  const beat = () => heartbeat(typeof progress === 'function' ? progress() : progress);
  beat();
  const timer = setInterval(beat, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
