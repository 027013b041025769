/**
 * Watches a release: folds closed intervals into the judge's memory and keeps an eye on router and servers.
 * It ends on a fail, when something at the router or a server changed, when asked for its fold, or when its time is over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, Context } from '@temporalio/activity';
import type { Fold, Judge } from '../src/domain/verdict.ts';
import { beating } from './beating.ts';
import type { Adapters } from './deps.ts';
import { keepBegin } from './evidence.ts';
import { judgeOf } from './judge-of.ts';
import { watchMetrics } from './observe-metrics.ts';
import { orderFrom } from './observe-next.ts';
import { watchRouter } from './observe-router.ts';
import type { Observation, ObserveOrder } from './orders.ts';
import { type Beat, beatOf, type Ending, type Seen, verdictNow } from './seen.ts';

export const observe =
  (adapters: Adapters) =>
  async (given: ObserveOrder): Promise<Observation> => {
    const judge = judgeOf(adapters, given);
    const seen = start(judge, given);
    keepBegin(adapters.evidence, seen, given.newStage && seen.begunAtMs === null);
    const stop = new AbortController();
    const watches = [
      watchRouter(adapters, seen, stop.signal),
      watchMetrics(adapters, seen, stop.signal),
      endOfTime(seen, stop.signal),
      asked(stop.signal),
    ];
    try {
      const ending = await beating(
        () => beatOf(seen),
        () => Promise.race(watches),
      );
      const { fold, order } = seen;
      return { ...ending, stage: order.stage, verdict: verdictNow(judge, fold, order), fold };
    } finally {
      stop.abort();
      await Promise.allSettled(watches);
    }
  };

/** Where the attempt before left off, or the workflow. */
function start(judge: Judge, given: ObserveOrder): Seen {
  const beat = lastBeat();
  const begunAtMs = beat?.begunAtMs ?? null;
  const order = begunAtMs === null ? given : orderFrom(given, begunAtMs);
  const fold = beat?.fold ?? firstFold(judge, given);
  const verdict = verdictNow(judge, fold, order);
  return { nowMs: serverClock(), order, begunAtMs, fold, verdict, changes: 0, places: {} };
}

const firstFold = (judge: Judge, { fold, newStage }: ObserveOrder): Fold => {
  if (fold === null) return judge.start();
  return newStage ? judge.nextStage(fold) : fold;
};

function lastBeat(): Beat | null {
  const details: unknown = activityInfo().heartbeatDetails;
  return isBeat(details) ? details : null;
}

const isBeat = (details: unknown): details is Beat =>
  typeof details === 'object' && details !== null && 'fold' in details;

async function endOfTime(seen: Seen, signal: AbortSignal): Promise<Ending> {
  for (;;) {
    const leftMs = seen.order.endAtMs - seen.nowMs();
    if (leftMs <= 0 || signal.aborted) return { ended: 'time', down: [] };
    await sleep(Math.min(leftMs, longestSleepMs), undefined, { signal }).catch(() => undefined);
  }
}

/** The end may come nearer meanwhile: then a stage has begun. */
const longestSleepMs = 1_000;

/** Server time from here on, by a clock that cannot jump. */
function serverClock(): () => number {
  const scheduledMs = activityInfo().currentAttemptScheduledTimestampMs;
  const startedAt = performance.now();
  return () => scheduledMs + performance.now() - startedAt;
}

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
