/** Watching metrics, router and servers while the release holds, waits or moves on. A fail interrupts, wherever it is. */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { Observation } from '../activities/orders.ts';
import type { Verdict } from '../src/domain/verdict.ts';
import { driftIsOver, endDrift, restoreRoute, serversChanged } from './disturbance.ts';
import { handoverIsDue } from './handover.ts';
import { Handover, Interruption } from './interruption.ts';
import { hearKept, takeKept } from './kept.ts';
import { evidenceOf, nothingNew, startObserving, type Watch } from './observation.ts';
import type { Run } from './run.ts';
import { overdueMs } from './timeouts.ts';

/** Watches until `until`, the end, or (in an extension) a pass. Disturbances are mended and the watching goes on. */
export async function watchUntil(run: Run, watch: Watch): Promise<void> {
  while (!watch.until()) {
    if (handoverIsDue()) {
      await hearKept(run);
      throw new Handover();
    }
    // Not a call that may do nothing: one more await would change the order of commands in stored histories.
    if (driftIsOver(run)) await endDrift(run);
    const seen = await observeOnce(run, watch);
    // Whatever ended it: a fail in its evidence acts before anything else does.
    if (seen.ended === 'fail' || seen.verdict.kind === 'fail') throw failed(seen.verdict);
    if (seen.ended === 'router') await restoreRoute(run, seen.note ?? 'the router changed');
    else if (seen.ended === 'servers') await serversChanged(run, seen.down);
    else if (seen.ended !== 'asked') return;
  }
}

/** Runs `work` with an observation beside it; afterwards its evidence is in the state, or it is kept for what is next. */
export async function watchedWhile<Result>(
  run: Run,
  watch: Omit<Watch, 'until' | 'keeps'>,
  work: () => Promise<Result>,
): Promise<Result> {
  let done = false;
  let failed = false;
  const until = () => done || failed || handoverIsDue();
  const watching = watchUntil(run, { ...watch, until, keeps: () => done && watch.next !== undefined });
  const working = work();
  try {
    const result = await Promise.race([working, watching.then(() => working)]);
    done = true;
    await watching;
    return result;
  } catch (error) {
    failed = true;
    if (!CancellationScope.current().consideredCancelled) await watching.catch(ignore);
    throw error;
  }
}

async function observeOnce(run: Run, watch: Watch): Promise<Observation> {
  const kept = run.kept === null ? null : await takeKept(run, watch);
  run.publish();
  const observing = kept ?? startObserving(run, watch);
  const { scope, answer } = observing;
  const beside = new CancellationScope();
  beside.run(() => sayWhenOverdue(run, watch)).catch(ignore);
  const due = beside.run(() => condition(() => watch.until() || handoverIsDue()));
  try {
    const asked = await Promise.race([answer.then(no, no), due.then(yes)]);
    if (asked && watch.keeps?.() === true) {
      run.kept = observing;
      return nothingNew(run);
    }
    if (asked) scope.cancel();
    return await evidenceOf(run, observing);
  } finally {
    beside.cancel();
    if (run.kept !== observing) scope.cancel();
  }
}

/** A durable timer with the name of what holds; it fires only when the observation is overdue. */
async function sayWhenOverdue(run: Run, { summary, timer, endAtMs }: Watch): Promise<void> {
  if (timer !== true || endAtMs === undefined) return;
  await sleep(endAtMs() - Date.now() + overdueMs, { summary });
  run.note(`${summary}: the observation is overdue; is a worker running?`);
}

const failed = (verdict: Verdict): Interruption => new Interruption(verdict.reason, 'policy', verdict);

const ignore = (): void => undefined;
const yes = (): boolean => true;
const no = (): boolean => false;
