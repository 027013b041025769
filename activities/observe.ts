/**
 * Watches a release: folds closed intervals into the judge's memory and keeps an eye on router and servers.
 * It ends on a fail, when something at the router or a server changed, when asked for its fold, or when its time is over.
 */
import { activityInfo, Context } from '@temporalio/activity';
import type { Fold } from '../src/domain/verdict.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import { watchMetrics } from './observe-metrics.ts';
import { watchRouter } from './observe-router.ts';
import type { Observation, ObserveOrder } from './orders.ts';
import type { Ending, Seen } from './seen.ts';

export const observe =
  (adapters: Adapters) =>
  async (order: ObserveOrder): Promise<Observation> => {
    const judge = adapters.judge(order.judge);
    const fold =
      heartbeatFold() ??
      (order.newStage && order.fold !== null ? judge.nextStage(order.fold) : (order.fold ?? judge.start()));
    const context = { rules: order.rules, shareBp: order.shareBp };
    const seen: Seen = { fold, verdict: judge.decide(fold, { nowMs: Date.now(), ...context }), changes: 0, places: {} };
    const stop = new AbortController();
    const watches = [
      watchRouter(adapters, order, seen, stop.signal),
      watchMetrics(adapters, order, seen, stop.signal),
      endOfTime(order.endAtMs, stop.signal),
      asked(stop.signal),
    ];
    try {
      const ending = await beating(
        () => ({ fold: seen.fold, verdict: seen.verdict }),
        () => Promise.race(watches),
      );
      return { ...ending, verdict: judge.decide(seen.fold, { nowMs: Date.now(), ...context }), fold: seen.fold };
    } finally {
      stop.abort();
      await Promise.allSettled(watches);
    }
  };

function heartbeatFold(): Fold | null {
  const details: unknown = activityInfo().heartbeatDetails;
  return isSeen(details) ? details.fold : null;
}

const isSeen = (details: unknown): details is Pick<Seen, 'fold'> =>
  typeof details === 'object' && details !== null && 'fold' in details;

/** Server time from here on, by a clock that cannot jump. */
function endOfTime(endAtMs: number, signal: AbortSignal): Promise<Ending> {
  const leftMs = endAtMs - activityInfo().currentAttemptScheduledTimestampMs;
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const wait = () => {
      const restMs = leftMs - (performance.now() - startedAt);
      if (signal.aborted) return;
      if (restMs <= 0) resolve({ ended: 'time', down: [] });
      else timer = setTimeout(wait, Math.min(restMs, longestTimerMs));
    };
    let timer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve({ ended: 'time', down: [] });
    });
    wait();
  });
}

/** setTimeout takes no more than 2^31 − 1 ms, some 24 days. */
const longestTimerMs = 1_000_000_000;

/** The workflow cancels to get the fold; a worker that shuts down must not answer, so that another one goes on. */
function asked(signal: AbortSignal): Promise<Ending> {
  const context = Context.current();
  return new Promise((resolve, reject) => {
    context.cancelled.catch((cancelled: unknown) => {
      if (context.cancellationDetails?.workerShutdown === true) reject(cancelled);
      else resolve({ ended: 'asked', down: [] });
    });
    signal.addEventListener('abort', () => resolve({ ended: 'asked', down: [] }));
  });
}
