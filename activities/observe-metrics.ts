/** One closed interval after another, folded into the judge's memory. Resolves on a fail. */
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { Arm, ServerSpec } from '../src/domain/server.ts';
import { meantForGrayBp } from '../src/domain/split.ts';
import type { Interval, Judge } from '../src/domain/verdict.ts';
import type { Adapters } from './deps.ts';
import { keepInterval } from './evidence.ts';
import { judgeOf } from './judge-of.ts';
import { lookBack } from './observe-before.ts';
import type { ObserveOrder } from './orders.ts';
import { type Ending, type Seen, verdictNow } from './seen.ts';

export async function watchMetrics(adapters: Adapters, seen: Seen, signal: AbortSignal): Promise<Ending> {
  const judge = judgeOf(adapters, seen.order);
  const source = adapters.metrics(seen.order.metrics);
  const metrics = Object.keys(seen.order.judge.metrics);
  await armsKnown(seen, signal);
  await lookBack(adapters, seen, { source, judge, stable: armsOf(seen).stable, signal });
  let fromMs = Date.now();
  while (!signal.aborted) {
    const toMs = fromMs + source.intervalMs;
    const changes = seen.changes;
    // Asked at the window's start, since a source may need a sample from both of its ends.
    const pools = seen.stablePool === undefined ? {} : { stablePool: seen.stablePool };
    const interval = await source.measure({ fromMs, toMs, arms: armsOf(seen), ...pools, metrics, signal });
    if (signal.aborted) break;
    if (seen.changes === changes) foldIn(adapters, judge, seen, { ...interval, ...meant(seen.order) });
    else log.info('interval left out: the router changed in it', { fromMs, toMs });
    seen.verdict = verdictNow(judge, seen.fold, seen.order);
    if (seen.verdict.kind === 'fail') return { ended: 'fail', down: [] };
    if (seen.verdict.kind === 'pass' && seen.order.endOnPass) return { ended: 'pass', down: [] };
    // A source that was slow, or a machine that slept, must not leave a queue of old windows behind.
    fromMs = Date.now() - toMs > source.intervalMs * maxLag ? Date.now() : toMs;
  }
  return { ended: 'time', down: [] };
}

function foldIn({ evidence }: Adapters, judge: Judge, seen: Seen, interval: Interval): void {
  seen.fold = judge.fold(seen.fold, interval);
  keepInterval(evidence, seen, interval);
}

/** Nobody knows how many requests segments hold; and while leveling moves servers, nothing is meant for longer than a moment. */
function meant({ expect, shareBp, restBp }: ObserveOrder): Pick<Interval, 'meantBp'> {
  if (expect === null || expect.split.rest === 'gray' || expect.split.segments !== undefined) return {};
  return { meantBp: meantForGrayBp(shareBp, restBp) };
}

/** The first look at the router tells which servers are in which arm. */
async function armsKnown(seen: Seen, signal: AbortSignal): Promise<void> {
  while (Object.keys(seen.places).length === 0 && !signal.aborted) {
    await sleep(20, undefined, { signal }).catch(() => undefined);
  }
}

/** Windows a source may be behind before they are skipped. */
const maxLag = 20;

/** The arms as the router has them: in leveling servers change sides. */
function armsOf({ order, places }: Seen): Record<Arm, readonly ServerSpec[]> {
  const on = (arm: Arm) => order.servers.filter(({ id }) => places[id] === arm);
  return { gray: on('gray'), stable: on('stable') };
}
