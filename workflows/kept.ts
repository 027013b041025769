/** An observation that goes on through an opened gate: the watching has no gap, and the history no second start. */
import type { ObserveOrder } from '../activities/orders.ts';
import { desiredRoute } from '../src/domain/desired.ts';
import { sameRoute } from '../src/domain/route.ts';
import { Interruption } from './interruption.ts';
import { evidenceOf, type Observing, type Watch } from './observation.ts';
import type { Run } from './run.ts';

/** The observation that was kept for `watch`. One that was kept for something else tells what it saw, and ends. */
export async function takeKept(run: Run, watch: Watch): Promise<Observing | null> {
  const { kept } = run;
  if (kept === null || !continues(run, watch, kept.order)) return hearKept(run);
  run.kept = null;
  return kept.scope.consideredCancelled ? null : kept;
}

/** The last words of a kept observation; a fail in them interrupts. */
export async function hearKept(run: Run): Promise<null> {
  const { kept } = run;
  run.kept = null;
  if (kept === null || kept.scope.consideredCancelled) return null;
  kept.scope.cancel();
  const { verdict } = await evidenceOf(run, kept);
  if (verdict.kind === 'fail') throw new Interruption(verdict.reason, 'policy', verdict);
  return null;
}

/** The route is, to the fence, the one that the observation was told to go on with. */
function continues({ state, spec, release }: Run, { takesUp }: Watch, { next, expect }: ObserveOrder): boolean {
  if (next === null || next.kind !== takesUp || next.stage !== state.stage) return false;
  const route = next.kind === 'stage' ? next.expect : expect;
  return route !== null && sameRoute(route, desiredRoute(state, spec, release));
}
