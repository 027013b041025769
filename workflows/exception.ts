/** The exception period: first of all, users leave gray. Then, by policy, roll back or hold for an operator. */

import { CancellationScope } from '@temporalio/workflow';
import { serversIn } from '../src/domain/desired.ts';
import { whenUsersLeave } from '../src/domain/leaving.ts';
import { percentOf } from '../src/domain/percent.ts';
import type { Outcome } from '../src/domain/phases.ts';
import { isBefore } from '../src/domain/phases.ts';
import { otherPool } from '../src/domain/server.ts';
import { allUsersBp } from '../src/domain/split.ts';
import type { Failure, ReleaseState, ServerState } from '../src/domain/state.ts';
import { announce } from './announce.ts';
import type { Interruption } from './interruption.ts';
import { rollBack } from './rollback.ts';
import type { Run } from './run.ts';
import { changed, moveTraffic } from './traffic.ts';
import { waitFor } from './wait.ts';

/** The outcome, or `goOn` when an operator resumed or retries. */
export async function exceptionPeriod(run: Run, cause: Interruption): Promise<Outcome | 'goOn'> {
  if (run.state.failure === null)
    run.update({
      failure: failureOf(run, cause),
      ...undisturbed,
      ...asSettled(run.state),
      ...beforeTheFlip(run.state),
    });
  const { touched, period, testing, phase } = run.state;
  if (!touched) return outcomeUntouched(run);
  if (run.state.pastReturn) return heldForGood(run, cause);
  if (phase !== 'rollback' && (period !== 'normal' || testing)) await usersLeaveGray(run, cause);
  if (mayHold(run, cause) && (await heldAndWanted(run, run.spec.exception.holdForMs, 'rollback'))) return 'goOn';
  await rollBack(run);
  return outcomeOf(run, cause);
}

/**
 * A move towards users that was broken off may or may not have reached the router. Its servers have not changed yet, so
 * they go back to where they were, and the share is not above what it was: a way back raises nothing.
 */
function asSettled({ settled, shareBp, rest, servers }: ReleaseState): Partial<ReleaseState> {
  if (settled === null) return {};
  const before = (id: string): Partial<ServerState> => {
    const { place, build } = settled.servers[id] ?? {};
    return { ...(place !== undefined && { place }), ...(build !== undefined && { build }) };
  };
  return {
    settled: null,
    shareBp: Math.min(settled.shareBp, shareBp),
    rest: settled.rest === 'gray' ? rest : 'stable',
    servers: changed(servers, Object.keys(servers), before),
  };
}

/** A completion that was broken off: whether or not the router has it, all users are on the new servers, still called gray. */
function beforeTheFlip({ completing, stablePool }: ReleaseState): Partial<ReleaseState> {
  if (!completing) return {};
  return { completing: false, stablePool: otherPool(stablePool), shareBp: allUsersBp, rest: 'gray', period: 'gray' };
}

/** Data can only go forward: nobody moves, and an operator has to resume or retry. */
async function heldForGood(run: Run, cause: Interruption): Promise<'goOn'> {
  run.enter('exception');
  announce(run, 'exception', `past the point of no return: ${cause.message}`, 'alarm');
  while (!(await heldAndWanted(run, run.spec.exception.holdForMs, 'another reminder')))
    run.note('nobody has decided yet');
  return 'goOn';
}

const failureOf = ({ state }: Run, cause: Interruption): Failure => {
  const { at: phase, stage, batch } = state;
  return { phase, stage, batch, reason: cause.message, consequence: cause.consequence, verdict: cause.verdict };
};

const undisturbed = {
  clock: null,
  shortSinceMs: null,
  gate: null,
  paused: null,
  drifted: false,
  skip: null,
  waiting: null,
} as const;

async function usersLeaveGray(run: Run, cause: Interruption): Promise<void> {
  run.enter('exception');
  const change = whenUsersLeave(run.state, run.spec);
  await moveTraffic(run, `users leave gray: share ${percentOf(change.shareBp)}`, [{ change, confirm: true }]);
  run.note(`users left gray (share ${percentOf(change.shareBp)}): ${cause.message}`);
  announce(run, 'exception', `users left gray: ${cause.message}`, 'alarm');
}

const mayHold = ({ spec, state, request }: Run, { consequence }: Interruption): boolean =>
  request.mode !== 'rehearsal' &&
  spec.exception.policy === 'hold' &&
  consequence === 'policy' &&
  state.stop === null &&
  state.phase === 'exception';

/** True when an operator wants to go on. Meanwhile open gray sessions end, or are closed after their patience. */
async function heldAndWanted(run: Run, withinMs: number, otherwise: string): Promise<boolean> {
  run.update({ held: true });
  const draining = new CancellationScope();
  draining.run(() => closeGraySessions(run)).catch(() => undefined);
  const until = () => run.state.again !== null || run.state.stop !== null;
  await waitFor(run, { what: 'resume, retry or rollback', withinMs, otherwise, until });
  draining.cancel();
  const { again, stop } = run.state;
  run.update({ held: false, again: null });
  if (again === null || stop !== null) return false;
  run.update(fromAgain(run.state, again.how));
  return true;
}

async function closeGraySessions(run: Run): Promise<void> {
  const ids = serversIn(run.state, run.spec, 'gray').map(({ id }) => id);
  if (run.state.shareBp > 0 || ids.length === 0) return;
  await moveTraffic(run, 'open gray sessions end or are closed', [{ change: {}, drain: ids }]);
}

/** A resume repeats the failed stage or batch, a retry the phase from its deployment; both with fresh evidence. */
function fromAgain(state: ReleaseState, how: 'resume' | 'retry'): Partial<ReleaseState> {
  const fresh = { failure: null, fold: null, verdict: null, newStage: true } as const;
  if (how === 'resume' && state.at === 'levelingCondition')
    return { ...fresh, reverify: true, at: 'ramp', stage: Math.max(0, state.stage - 1) };
  if (how === 'resume' || state.at === 'leveling' || state.at === 'watch')
    return { ...fresh, reverify: state.at !== 'deployment' };
  return { ...fresh, at: 'deployment', stage: 0 };
}

/** Before the first write an abort just ends, and what stops a release is a refusal. */
function outcomeUntouched({ state }: Run): Outcome {
  if (state.stop !== null) return stoppedBy(state.stop.kind);
  return state.at === 'preflight' ? 'refused' : 'stopped';
}

function outcomeOf({ state, request }: Run, { consequence }: Interruption): Outcome {
  if (state.stop !== null) return stoppedBy(state.stop.kind);
  const nobodySawIt = request.mode !== 'rollback' && isBefore(state.at, 'grayVerification');
  return consequence === 'stopped' || nobodySawIt ? 'stopped' : 'rolledBack';
}

const stoppedBy = (kind: 'abort' | 'rollback'): Outcome => (kind === 'abort' ? 'aborted' : 'rolledBack');
