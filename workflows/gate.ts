/** A gate waits for an approval while the watching goes on. */
import type { Next } from '../activities/orders.ts';
import type { ApprovalSpec } from '../src/domain/spec.ts';
import { announce } from './announce.ts';
import { Interruption } from './interruption.ts';
import { watchedWhile } from './observing.ts';
import type { Run } from './run.ts';
import { notPaused, waitFor } from './wait.ts';

export async function passGate(
  run: Run,
  approval: ApprovalSpec | undefined,
  stage: number | 'leveling',
  next: () => Next,
): Promise<void> {
  if (approval === undefined) return;
  if (run.state.gate === null) {
    run.update({ gate: { stage, approved: null } });
    run.note(`gate of stage ${stage}: waiting for an approval`);
  }
  await watchedWhile(run, { summary: `gate of stage ${stage} and what follows`, next }, async () => {
    await opened(run, approval, stage);
    await notPaused(run);
  });
  run.update({ gate: null });
}

async function opened(run: Run, { deadlineMs, otherwise }: ApprovalSpec, stage: number | 'leveling'): Promise<void> {
  const until = () => run.state.gate?.approved !== null;
  const what = `approval of stage ${stage}`;
  while (!(await waitFor(run, { what, withinMs: deadlineMs, otherwise, until }))) {
    if (otherwise === 'rollback') throw new Interruption(`nobody approved stage ${stage} in time`, 'rollback');
    run.note(`nobody approved stage ${stage} in time: ${otherwise}`);
    announce(run, 'gateExpired', `nobody approved stage ${stage} in time: ${otherwise}`, 'alarm');
    if (otherwise === 'proceed') return;
  }
}
