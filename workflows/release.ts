/** A gray release, from request to last server. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, upsertMemo } from '@temporalio/workflow';
import { decide } from '../src/domain/actions.ts';
import { take } from '../src/domain/commands.ts';
import { leftToRollBack } from '../src/domain/desired.ts';
import type { ForwardPhase, Outcome } from '../src/domain/phases.ts';
import { isBefore, isGood } from '../src/domain/phases.ts';
import type { ReleaseRequest } from '../src/domain/spec.ts';
import type { Failure } from '../src/domain/state.ts';
import type { Status } from '../src/domain/status.ts';
import { announce } from './announce.ts';
import { complete, watch } from './closing.ts';
import { exceptionPeriod } from './exception.ts';
import { listen } from './handlers.ts';
import { Handover, Interruption, interruptionOf } from './interruption.ts';
import { leveling, levelingCondition } from './leveling.ts';
import * as prepare from './preparing.ts';
import { ramp } from './ramp.ts';
import { endRehearsal, isRehearsal, recordOf } from './rehearsal.ts';
import { takeOver } from './rollback.ts';
import type { Carried } from './run.ts';
import { Run } from './run.ts';
import { lastWordsMs } from './timeouts.ts';

export async function grayRelease(request: ReleaseRequest, carried?: Carried): Promise<Status> {
  const run = new Run(request, carried);
  listen(run);
  abortOnCancel(run);
  return CancellationScope.nonCancellable(async () => {
    try {
      return await close(run, await toTheEnd(run));
    } catch (error) {
      if (!(error instanceof Handover)) throw error;
      await condition(() => run.messages.size === 0, lastWordsMs, { summary: 'the last notifications' });
      await condition(allHandlersFinished);
      return continueAsNew<typeof grayRelease>(request, run.carried());
    }
  });
}

/** Forward until done or interrupted; after an interruption back, or forward again when an operator says so. */
async function toTheEnd(run: Run): Promise<Outcome> {
  for (;;) {
    const interruption =
      run.state.failure !== null ? goingOn(run.state.failure) : await interruptible(run, () => lifecycle(run));
    if (interruption === null) return whenDone[run.request.mode];
    const outcome = await exceptionPeriod(run, interruption);
    if (outcome !== 'goOn') return outcome;
  }
}

const whenDone = { release: 'completed', rollback: 'rolledBack', rehearsal: 'rehearsed' } as const;

/** The interruption that a handover carried into this run. */
const goingOn = ({ reason, consequence, verdict }: Failure): Interruption =>
  new Interruption(reason, consequence, verdict);

async function lifecycle(run: Run): Promise<void> {
  if (run.request.mode === 'rollback') return afterTheRelease(run);
  if (run.state.reverify) await prepare.verifyAgain(run);
  await phase(run, 'preflight', prepare.preflight);
  await phase(run, 'deployment', prepare.deployment);
  await phase(run, 'deploymentVerification', prepare.deploymentVerification);
  await phase(run, 'grayVerification', prepare.grayVerification);
  await phase(run, 'periodSwitch', prepare.periodSwitch);
  await phase(run, 'ramp', ramp);
  if (isRehearsal(run)) return endRehearsal(run);
  await phase(run, 'levelingCondition', levelingCondition);
  await phase(run, 'leveling', leveling);
  await phase(run, 'watch', watch);
  await complete(run);
}

/** Phases behind us are passed over: after a handover, a resume or a retry the story goes on where it was. */
async function phase(run: Run, name: ForwardPhase, body: (run: Run) => Promise<void>): Promise<void> {
  if (isBefore(name, run.state.at)) return;
  run.enter(name);
  await body(run);
}

/** Runs `work` until it ends, is interrupted, or an operator stops it. A stop does not wait for what it cancels. */
async function interruptible(run: Run, work: () => Promise<void>): Promise<Interruption | null> {
  const scope = new CancellationScope();
  const finished = scope.run(work).then(
    () => null,
    (error: unknown) => interruptionOf(error),
  );
  const stopped = condition(() => run.state.stop !== null).then(() => stopOf(run));
  finished.catch(() => undefined);
  const first = await Promise.race([stopped, finished]);
  scope.cancel();
  return first;
}

const stopOf = ({ state }: Run): Interruption =>
  new Interruption(`${state.stop?.kind} by ${state.stop?.by}: ${state.stop?.reason}`, 'rollback');

/** The one button that the Web UI shows beside the title: it is an abort, by the same path. */
function abortOnCancel(run: Run): void {
  CancellationScope.current().cancelRequested.catch(() => {
    const input = { by: 'a cancel request', reason: 'cancelled from the Web UI or a client', requestId: 'cancel' };
    const decision = decide(run.state, 'abort', input);
    if (decision.answer === 'refused') run.note(`cancel refused: ${decision.text}`);
    else run.update(take(run.state, 'abort', input, decision, Date.now()));
  });
}

/** Servers return to the base that was recorded on them: after a release has closed, or was lost half-way. */
async function afterTheRelease(run: Run): Promise<void> {
  run.enter('preflight');
  await prepare.preflight(run);
  const { artifact } = run.spec;
  if (leftToRollBack(run.state, run.spec).length === 0 && run.state.period === 'normal') {
    throw new Interruption(`no server runs ${artifact.version}: there is nothing to roll back`, 'refused');
  }
  await takeOver(run);
  throw new Interruption(`rollback by ${run.request.by}: ${run.request.reason}`, 'rollback');
}

/** Notifications get a moment, and every command its answer, before the run closes. */
async function close(run: Run, outcome: Outcome): Promise<Status> {
  run.update({ outcome });
  run.enter('closed');
  run.publish();
  if (isRehearsal(run)) upsertMemo(recordOf(run));
  announce(run, outcome, `release ${outcome}`, isGood(outcome) ? 'info' : 'alarm');
  await condition(() => run.messages.size === 0, lastWordsMs, { summary: 'the last notifications' });
  await condition(allHandlersFinished);
  return run.status();
}
