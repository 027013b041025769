/** Servers that have just returned get their time, under the share they joined with, before the next ones leave. */
import { condition } from '@temporalio/workflow';
import { leftToLevel } from '../src/domain/desired.ts';
import { handoverIsDue } from './handover.ts';
import { Handover } from './interruption.ts';
import type { Run } from './run.ts';
import { moveTraffic } from './traffic.ts';

/** Without a warm-up a batch joins its pool with the next move; with one it joins now. None is needed after the last batch. */
export async function beginWarmUp(run: Run, ids: readonly string[]): Promise<void> {
  const { warmUpMs } = run.spec.leveling;
  if (warmUpMs === undefined || leftToLevel(run.state, run.spec).length === 0) return;
  await moveTraffic(run, `${ids.join(', ')} return and warm up`, [
    { change: { servers: run.state.servers }, confirm: true },
  ]);
  run.update({ warmUntilMs: Date.now() + warmUpMs });
}

/** The end of the wait travels with the state, so that a handover does not begin it anew. A pause does not lengthen it. */
export async function warmedUp(run: Run): Promise<void> {
  const { warmUntilMs = null } = run.state;
  if (warmUntilMs === null) return;
  const what = `warm-up of batch ${run.state.batch}`;
  run.update({ waiting: { what, deadlineMs: warmUntilMs, otherwise: 'the next batch' } });
  run.publish();
  const leftMs = warmUntilMs - Date.now();
  if (leftMs > 0) await condition(handoverIsDue, leftMs, { summary: what });
  if (Date.now() < warmUntilMs) throw new Handover();
  run.update({ waiting: null, warmUntilMs: null });
}
