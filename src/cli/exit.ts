/** Exit statuses by outcome; `docs/exit-codes.md` is the table for people. */
import { exitStatus } from '../domain/errors.ts';
import type { Outcome } from '../domain/phases.ts';
import type { Status } from '../domain/status.ts';

const byOutcome = {
  completed: exitStatus.ok,
  rehearsed: exitStatus.ok,
  stopped: exitStatus.stopped,
  rolledBack: exitStatus.rolledBack,
  aborted: exitStatus.aborted,
  refused: exitStatus.refused,
} as const satisfies Record<Outcome, number>;

/** Of a release that was waited for. A rollback that was asked for and done is no failure. */
export function exitOf(status: Pick<Status, 'phase' | 'outcome' | 'mode'>): number {
  if (status.outcome === null) return status.phase === 'closed' ? exitStatus.defect : exitStatus.ok;
  if (status.mode === 'rollback' && status.outcome === 'rolledBack') return exitStatus.ok;
  return byOutcome[status.outcome];
}
