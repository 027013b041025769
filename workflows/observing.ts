/** Watching metrics, router and servers while the release holds, waits or moves on. A fail interrupts, wherever it is. */
import {
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Observation, ObserveOrder } from '../activities/orders.ts';
import { desiredRoute } from '../src/domain/desired.ts';
import type { JudgeContext, Verdict } from '../src/domain/verdict.ts';
import { restoreRoute, serversChanged } from './disturbance.ts';
import { handoverIsDue } from './handover.ts';
import { Handover, Interruption } from './interruption.ts';
import { observe } from './proxies.ts';
import type { Run } from './run.ts';
import { observeMarginMs, overdueMs, sliceMs } from './timeouts.ts';

export interface Watch {
  readonly summary: string;
  /** When the observation ends by itself; asked again after every disturbance. */
  readonly endAtMs?: () => number;
  readonly endOnPass?: boolean;
  /** A durable timer of this name stands beside the observation. */
  readonly timer?: boolean;
  readonly rules?: JudgeContext['rules'];
  /** While leveling moves servers the arms follow the router and nothing is restored. */
  readonly follow?: boolean;
  readonly until: () => boolean;
}

/** Watches until `until`, the end, or (in an extension) a pass. Disturbances are mended and the watching goes on. */
export async function watchUntil(run: Run, watch: Watch): Promise<void> {
  while (!watch.until()) {
    if (handoverIsDue()) throw new Handover();
    const seen = await observeOnce(run, watch);
    // Whatever ended it: a fail in its evidence acts before anything else does.
    if (seen.ended === 'fail' || seen.verdict.kind === 'fail') throw failed(seen.verdict);
    if (seen.ended === 'router') await restoreRoute(run, seen.note ?? 'the router changed');
    else if (seen.ended === 'servers') await serversChanged(run, seen.down);
    else if (seen.ended !== 'asked') return;
  }
}

/** Runs `work` with an observation beside it; afterwards the evidence is in the state, and a fail in it has acted. */
export async function watchedWhile<Result>(
  run: Run,
  watch: Omit<Watch, 'until'>,
  work: () => Promise<Result>,
): Promise<Result> {
  let over = false;
  const watching = watchUntil(run, { ...watch, until: () => over || handoverIsDue() });
  const working = work();
  try {
    const result = await Promise.race([working, watching.then(() => working)]);
    over = true;
    await watching;
    return result;
  } catch (error) {
    over = true;
    if (!CancellationScope.current().consideredCancelled) await watching.catch(ignore);
    throw error;
  }
}

async function observeOnce(run: Run, watch: Watch): Promise<Observation> {
  const beside = CancellationScope.current();
  const scope = new CancellationScope();
  const order = orderOf(run, watch);
  run.publish();
  const observing = scope.run(() =>
    observe.executeWithOptions({ summary: watch.summary, startToCloseTimeout: startToClose(order) }, [order]),
  );
  scope.run(() => sayWhenOverdue(run, watch, order)).catch(ignore);
  try {
    await Promise.race([observing, scope.run(() => condition(() => watch.until() || handoverIsDue()))]);
    scope.cancel();
    return remember(run, await observing);
  } catch (error) {
    if (beside.consideredCancelled) throw new CancelledFailure('stopped');
    const asked = isCancellation(error) || (scope.consideredCancelled && error instanceof ActivityFailure);
    if (!asked) throw error;
    return withoutAnswer(run, error);
  } finally {
    scope.cancel();
    observing.catch(ignore);
  }
}

function remember(run: Run, seen: Observation): Observation {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('stopped');
  run.update({ fold: seen.fold, verdict: seen.verdict, newStage: false });
  run.show();
  return seen;
}

/** Asked for its evidence, but its worker is gone: what it said last, by its heartbeat, counts. */
function withoutAnswer(run: Run, error: unknown): Observation {
  const said = lastHeartbeat(error);
  if (said !== null) return remember(run, { ended: 'asked', down: [], ...said });
  return { ended: 'asked', verdict: run.state.verdict ?? noVerdict, fold: run.state.fold ?? noFold, down: [] };
}

function lastHeartbeat(error: unknown): Heartbeat | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return null;
  const said: unknown = error.cause.lastHeartbeatDetails;
  return isHeartbeat(said) ? { fold: said.fold, verdict: said.verdict } : null;
}

type Heartbeat = Pick<Observation, 'fold' | 'verdict'>;

const isHeartbeat = (said: unknown): said is Heartbeat =>
  typeof said === 'object' && said !== null && 'fold' in said && 'verdict' in said;

function orderOf({ spec, state, release }: Run, watch: Watch): ObserveOrder {
  const { target, servers, router, metrics, judge } = spec;
  const { fold, newStage, shareBp, instance } = state;
  const follow = watch.follow === true;
  return {
    ...{ target, servers, router, metrics, judge, fold, newStage, shareBp, instance },
    rules: watch.rules ?? 'all',
    expect: follow ? null : desiredRoute(state, spec, release),
    knownDown: Object.keys(state.servers).filter(
      (id) => state.servers[id]?.up === false && state.servers[id]?.place !== 'out',
    ),
    endAtMs: watch.endAtMs?.() ?? Date.now() + sliceMs,
    endOnPass: watch.endOnPass === true,
  };
}

const startToClose = ({ endAtMs }: ObserveOrder): number => Math.max(0, endAtMs - Date.now()) + observeMarginMs;

/** A durable timer with the name of what holds; it fires only when the observation is overdue. */
async function sayWhenOverdue(run: Run, { summary, timer }: Watch, order: ObserveOrder): Promise<void> {
  if (timer !== true) return;
  await sleep(order.endAtMs - Date.now() + overdueMs, { summary });
  run.note(`${summary}: the observation is overdue; is a worker running?`);
}

const failed = (verdict: Verdict): Interruption => new Interruption(verdict.reason, 'policy', verdict);

const ignore = (): void => undefined;
const noFold = { upToMs: 0, memory: {} };
const noVerdict: Verdict = { kind: 'inconclusive', reason: 'nothing was observed yet', evidence: [], untilMs: 0 };
