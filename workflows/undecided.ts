/** The end of a hold without a verdict: by policy more time, a person, or the way back. Never the next stage. */
import { askUntil, extendClock } from '../src/domain/clock.ts';
import { whenUndecided } from '../src/domain/undecided.ts';
import { announce } from './announce.ts';
import { Interruption } from './interruption.ts';
import { watchedWhile } from './observing.ts';
import type { Run } from './run.ts';
import { waitFor } from './wait.ts';

export async function undecided(run: Run): Promise<void> {
  const { ramp } = run.spec;
  const reason = run.state.verdict?.reason ?? 'nothing was observed';
  const when = whenUndecided(ramp, ramp.stages[run.state.stage]);
  switch (when.policy) {
    case 'extend':
      return extend(run, when.holds, reason);
    case 'hold':
      return ask(run, when.withinMs, reason);
    case 'rollback':
      throw new Interruption(`no verdict at the end of the hold: ${reason}`, 'rollback', run.state.verdict);
  }
}

/** Once more, up to so many holds. */
function extend(run: Run, holds: number, reason: string): void {
  const { clock, verdict } = run.state;
  if (clock === null) return;
  if (clock.extensions + 1 >= holds)
    throw new Interruption(`no verdict in ${holds} holds: ${reason}`, 'policy', verdict);
  run.update({ clock: extendClock(clock, Date.now()) });
  run.note(`hold extended: ${reason}`);
  announce(run, 'extended', `hold extended: ${reason}`, 'warning');
}

/** The watching goes on: a pass ends the wait, a fail interrupts. A pause, or servers that are missing, come first. */
async function ask(run: Run, withinMs: number, reason: string): Promise<void> {
  const endAtMs = askedUntil(run, withinMs, reason);
  const what = `a verdict, skip or rollback in stage ${run.state.stage + 1}`;
  if (Date.now() >= endAtMs) throw unanswered(run, reason);
  const until = () => isAnswered(run) || run.state.paused !== null || run.state.shortSinceMs !== null;
  const wait = { what, withinMs: endAtMs - Date.now(), otherwise: 'rollback', because: reason, until };
  await watchedWhile(run, { summary: `undecided: waiting for ${what}`, endOnPass: true }, async () => {
    if (!(await waitFor(run, wait))) throw unanswered(run, reason);
  });
}

/** Set once a stage; pauses and handovers do not change what is left. */
function askedUntil(run: Run, withinMs: number, reason: string): number {
  const { clock } = run.state;
  const endAtMs = clock?.askUntilMs ?? Date.now() + withinMs;
  if (clock === null || clock.askUntilMs !== undefined) return endAtMs;
  run.update({ clock: askUntil(clock, endAtMs) });
  run.note(`undecided at the end of the hold: ${reason}`);
  return endAtMs;
}

const isAnswered = ({ state: { skip, verdict } }: Run): boolean => skip !== null || verdict?.kind === 'pass';

function unanswered({ state: { stage, verdict } }: Run, reason: string): Interruption {
  const text = `nobody decided stage ${stage + 1} in time: ${verdict?.reason ?? reason}`;
  return new Interruption(text, 'rollback', verdict);
}
