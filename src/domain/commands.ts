/** What a taken command changes in the state. Whether it may be taken is the actions table's word. */
import type { Command, CommandAnswer, CommandInput } from './actions.ts';
import { isHeld } from './actions.ts';
import { askLonger, goOnClock, stopClock } from './clock.ts';
import type { Decree, ReleaseState } from './state.ts';
import { withAnswer, withJournal, withServer } from './state.ts';

/** The state after `command` was taken with `answer`. An `already` only remembers its answer. */
export function take(
  state: ReleaseState,
  command: Command,
  input: CommandInput,
  answer: CommandAnswer,
  atMs: number,
): ReleaseState {
  const answered = withAnswer(state, input.requestId, answer);
  if (answer.answer === 'already') return answered;
  const decree: Decree = { by: input.by, reason: input.reason, atMs };
  const because = input.reason === '' ? '' : ` (${input.reason})`;
  const entry = { atMs, text: `${command}: ${answer.text}${because}`, by: input.by };
  return withJournal(changed(answered, command, input, decree), entry);
}

function changed(state: ReleaseState, command: Command, input: CommandInput, decree: Decree): ReleaseState {
  switch (command) {
    case 'approve':
      return state.gate === null ? state : { ...state, gate: { ...state.gate, approved: decree } };
    case 'pause':
      return { ...state, paused: decree, clock: state.clock && stopClock(state.clock, decree.atMs) };
    case 'resume':
      if (isHeld(state)) return { ...state, again: { ...decree, how: 'resume' } };
      return { ...state, paused: null, ...goOn(state, decree.atMs) };
    case 'retry':
      return { ...state, again: { ...decree, how: 'retry' } };
    case 'skip':
      return { ...state, skip: decree };
    case 'exclude':
      return input.server === undefined ? state : withServer(state, input.server, { excluded: decree });
    case 'abort':
    case 'rollback':
      return { ...state, stop: { ...decree, kind: command } };
    case 'finish':
      return { ...state, finish: decree };
  }
}

/** A clock that stands because gray cannot carry the share goes on standing; how long it may is counted anew. */
function goOn(
  { clock: before, shortSinceMs, paused }: ReleaseState,
  atMs: number,
): Pick<ReleaseState, 'clock' | 'shortSinceMs'> {
  const clock = before && askLonger(before, atMs - (paused?.atMs ?? atMs));
  if (shortSinceMs !== null) return { clock, shortSinceMs: atMs };
  return { clock: clock && goOnClock(clock, atMs), shortSinceMs };
}
