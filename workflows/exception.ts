/** The exception period: first of all, users leave gray. Then, by policy, roll back or hold for an operator. */

import { whenUsersLeave } from '../src/domain/leaving.ts';
import { percentOf } from '../src/domain/percent.ts';
import type { Outcome } from '../src/domain/phases.ts';
import type { Failure, ReleaseState } from '../src/domain/state.ts';
import { announce } from './announce.ts';
import type { Interruption } from './interruption.ts';
import { rollBack } from './rollback.ts';
import type { Run } from './run.ts';
import { moveTraffic } from './traffic.ts';
import { waitFor } from './wait.ts';

/** The outcome, or `goOn` when an operator resumed or retries. */
export async function exceptionPeriod(run: Run, cause: Interruption): Promise<Outcome | 'goOn'> {
  if (run.state.failure === null) run.update({ failure: failureOf(run, cause), ...undisturbed });
  const { touched, period, testing } = run.state;
  if (!touched) return run.state.stop === null ? 'refused' : outcomeOf(run, cause);
  if (run.state.phase !== 'rollback' && (period !== 'normal' || testing)) await usersLeaveGray(run, cause);
  if (mayHold(run, cause) && (await heldAndWanted(run))) return 'goOn';
  await rollBack(run);
  return outcomeOf(run, cause);
}

const failureOf = ({ state }: Run, cause: Interruption): Failure => {
  const { at: phase, stage, batch } = state;
  return { phase, stage, batch, reason: cause.message, consequence: cause.consequence, verdict: cause.verdict };
};

const undisturbed = { clock: null, gate: null, paused: null, skip: null, waiting: null } as const;

async function usersLeaveGray(run: Run, cause: Interruption): Promise<void> {
  run.enter('exception');
  const change = whenUsersLeave(run.state, run.spec);
  await moveTraffic(run, `users leave gray: share ${percentOf(change.shareBp)}`, [{ change, confirm: true }]);
  run.note(`users left gray (share ${percentOf(change.shareBp)}): ${cause.message}`);
  announce(run, 'exception', `users left gray: ${cause.message}`, 'alarm');
}

const mayHold = ({ spec, state }: Run, { consequence }: Interruption): boolean =>
  spec.exception.policy === 'hold' && consequence === 'policy' && state.stop === null && state.phase === 'exception';

/** True when an operator wants to go on; a hold that runs out rolls back. */
async function heldAndWanted(run: Run): Promise<boolean> {
  run.update({ held: true });
  const until = () => run.state.again !== null || run.state.stop !== null;
  await waitFor(run, {
    what: 'resume, retry or rollback',
    withinMs: run.spec.exception.holdForMs,
    otherwise: 'rollback',
    until,
  });
  const { again, stop } = run.state;
  run.update({ held: false, again: null });
  if (again === null || stop !== null) return false;
  run.update(fromAgain(run.state, again.how));
  return true;
}

/** A resume repeats the failed stage or batch, a retry the phase from its deployment; both with fresh evidence. */
function fromAgain(state: ReleaseState, how: 'resume' | 'retry'): Partial<ReleaseState> {
  const fresh = { failure: null, fold: null, verdict: null, newStage: true } as const;
  if (how === 'resume' || state.at === 'leveling') return { ...fresh, reverify: state.at !== 'deployment' };
  return { ...fresh, at: 'deployment', stage: 0 };
}

function outcomeOf({ state }: Run, { consequence }: Interruption): Outcome {
  if (state.stop !== null) return state.stop.kind === 'abort' ? 'aborted' : 'rolledBack';
  return consequence === 'stopped' ? 'stopped' : 'rolledBack';
}
