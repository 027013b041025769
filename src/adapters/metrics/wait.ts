/** Waiting until a moment, as every metric source must: an interval is measured once it is over. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Returns at `atMs` (epoch milliseconds) or at once when that is past; a fired `signal` throws its reason. */
export async function waitUntil(atMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  for (let left = atMs - Date.now(); left > 0; left = atMs - Date.now()) {
    try {
      await sleep(Math.min(left, longestTimerMs), undefined, signal && { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause;
    }
  }
}

/** setTimeout fires at once for longer ones. */
const longestTimerMs = 2 ** 31 - 1;

/** `work`, unless `signal` fires first: then its reason, while the work ends in its own time. */
export async function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done.signal });
  });
  return Promise.race([work, aborted]).finally(() => done.abort());
}
