/** The watch after leveling, and the commit that makes the new version the stable one. */
import { otherPool } from '../src/domain/server.ts';
import { announce } from './announce.ts';
import { watchUntil } from './observing.ts';
import { hook } from './preparing.ts';
import { politely } from './rollback.ts';
import type { Run } from './run.ts';
import { type Move, moveTraffic, normalTraffic, placed } from './traffic.ts';

/** Absolute rules only: there is no base version left to compare with. */
export async function watch(run: Run): Promise<void> {
  const what = 'the watch';
  const begun = run.state.waiting?.what === what ? run.state.waiting : null;
  const deadlineMs = begun?.deadlineMs ?? Date.now() + run.spec.watch.forMs;
  if (run.state.period !== 'gray')
    await moveTraffic(run, 'back into the gray period', [
      { change: { period: 'gray', listsApply: true }, confirm: true },
    ]);
  run.update({ waiting: { what, deadlineMs, otherwise: 'completed' }, newStage: begun === null || run.state.newStage });
  if (begun === null) announce(run, 'leveled', 'every server runs the new version; watching');
  const until = () => run.state.finish !== null || Date.now() >= deadlineMs;
  await watchUntil(run, { summary: what, endAtMs: () => deadlineMs, rules: 'absolute', until });
  run.update({ waiting: null });
}

/** No server moves: the router only calls the other pool stable. Spares then leave. */
export async function complete(run: Run): Promise<void> {
  const { state, spec } = run;
  const stablePool = otherPool(state.stablePool);
  const flip: Move = { change: { ...normalTraffic, stablePool, completing: true }, confirm: true };
  const spares = spec.servers.flatMap(({ id, spare }) => (spare && state.servers[id]?.place !== 'out' ? [id] : []));
  const leave: Move = { change: { servers: placed(state.servers, spares, 'out') }, drain: spares };
  await moveTraffic(run, 'the gray pool becomes the stable pool', spares.length === 0 ? [flip] : [flip, leave]);
  // The release is complete, and the hook may have changed what base needs: its failure is for people.
  if (!(await politely(run, () => hook(run, 'afterWatch'))))
    announce(run, 'hookFailed', 'the release is complete, but its hook afterWatch failed', 'alarm');
}
