/**
 * What an operator may do when. One table drives validators, help, status and docs.
 * A refusal is a sentence that says why and what to do instead.
 */
import type { ReleaseState } from './state.ts';

export const commands = [
  'approve',
  'pause',
  'resume',
  'retry',
  'skip',
  'exclude',
  'abort',
  'rollback',
  'finish',
] as const;
export type Command = (typeof commands)[number];

/** The one JSON object every command takes. */
export interface CommandInput {
  readonly by: string;
  readonly reason: string;
  /** The same id does nothing twice. */
  readonly requestId: string;
  /** approve: the gate, a stage number from 1, or `leveling`. */
  readonly stage?: number | 'leveling';
  /** exclude: the server. */
  readonly server?: string;
}

export interface CommandAnswer {
  /** `already`: it was so before, and nothing changed. */
  readonly answer: 'done' | 'already';
  readonly text: string;
}

export type Decision = CommandAnswer | { readonly answer: 'refused'; readonly text: string };

interface Action {
  /** For help, docs and handler descriptions. */
  readonly does: string;
  readonly takenIn: string;
  readonly example: Readonly<Record<string, string | number>>;
  readonly decide: (state: ReleaseState, input: CommandInput) => Decision;
}

const done = (text: string): Decision => ({ answer: 'done', text });
const already = (text: string): Decision => ({ answer: 'already', text });
const refused = (text: string): Decision => ({ answer: 'refused', text });

export const actions: Readonly<Record<Command, Action>> = {
  approve: {
    does: 'opens the gate of the named stage',
    takenIn: 'a gate',
    example: { stage: 2 },
    decide: (state, input) => {
      const gate = state.gate;
      if (input.stage === undefined) return refused('name the gate: `stage` is a number from 1, or `leveling`');
      if (gate === null) return refused(`no gate is waiting; ${whereIs(state)}`);
      if (gate.stage !== input.stage) return refused(`the waiting gate is of stage ${gate.stage}, not ${input.stage}`);
      if (gate.approved !== null) return already(`approved by ${gate.approved.by}`);
      return done(`gate of stage ${gate.stage} opened`);
    },
  },
  pause: {
    does: "stops the stage's clock and all progress, not the watching: a fail acts while paused",
    takenIn: 'ramp, gates, leveling (between batches)',
    example: {},
    decide: (state) => {
      if (!pausable(state)) return refused(`only a ramp, a gate or leveling can be paused; ${whereIs(state)}`);
      return state.paused === null ? done('paused; watching goes on') : already(`paused by ${state.paused.by}`);
    },
  },
  resume: {
    does: 'goes on after a pause; in a hold of the exception period waives the verdict, verifies gray again and repeats the failed stage or batch',
    takenIn: 'a pause, a hold of the exception period',
    example: {},
    decide: (state) => {
      if (isHeld(state)) return done(`goes on; waived: ${state.failure?.reason ?? 'the failure'}`);
      return state.paused === null ? refused(`nothing is paused or held; ${whereIs(state)}`) : done('goes on');
    },
  },
  retry: {
    does: 'repeats the failed phase from the deployment of its servers, with the same artifact; waives nothing',
    takenIn: 'a hold of the exception period',
    example: {},
    decide: (state) =>
      isHeld(state)
        ? done('tries again from the deployment')
        : refused(`only a hold can be retried; ${whereIs(state)}`),
  },
  skip: {
    does: 'ends the hold of the stage without waiting for a pass, as a recorded override',
    takenIn: 'a hold in the ramp, also one that is undecided',
    example: {},
    decide: (state) => {
      if (state.phase !== 'ramp' || state.clock === null) return refused(`no stage is holding; ${whereIs(state)}`);
      if (state.verdict?.kind === 'fail') return refused('the verdict is fail; a fail cannot be skipped');
      if (state.skip !== null) return already(`skipped by ${state.skip.by}`);
      if (state.clock.askUntilMs !== undefined) return done(`stage ${state.stage + 1} goes on without a verdict`);
      return done(`hold of stage ${state.stage + 1} ends now`);
    },
  },
  exclude: {
    does: 'goes on without the named server; it stays out of every pool and the outcome lists it',
    takenIn: 'leveling, a rollback that is stuck on the server',
    example: { server: 'pay-7' },
    decide: (state, input) => decideExclude(state, input.server),
  },
  abort: {
    does: 'users leave gray at once, servers return to base; outcome aborted',
    takenIn: 'every phase',
    example: {},
    decide: (state) => decideStop(state, 'aborting: users leave gray now'),
  },
  rollback: {
    does: 'users leave gray at once, servers return to base; outcome rolledBack',
    takenIn: 'every phase',
    example: {},
    decide: (state) => decideStop(state, 'rolling back: users leave gray now'),
  },
  finish: {
    does: 'ends the watch: completed',
    takenIn: 'watch',
    example: {},
    decide: (state) => {
      if (state.phase !== 'watch') return refused(`only a watch can be finished; ${whereIs(state)}`);
      return state.finish === null ? done('the watch ends now') : already(`finished by ${state.finish.by}`);
    },
  },
};

/** The answer to a command: known ids get their first answer again, everything else asks the table. */
export function decide(state: ReleaseState, command: Command, input: CommandInput): Decision {
  const known = answerTo(state, input.requestId);
  if (known !== undefined) return known;
  if (input.by.trim() === '') return refused('`by` must name who asks');
  if (isStopping(state) && command !== 'abort' && command !== 'rollback')
    return refused(`the release is being stopped by ${state.stop?.by}`);
  return actions[command].decide(state, input);
}

/** An operator has stopped it, and users are about to leave gray. */
const isStopping = ({ stop, phase }: ReleaseState): boolean =>
  stop !== null && phase !== 'rollback' && phase !== 'closed';

/** The answer that was given under this request id; undefined for a new one. */
export const answerTo = ({ answered }: ReleaseState, requestId: string): CommandAnswer | undefined =>
  Object.hasOwn(answered, requestId) ? answered[requestId] : undefined;

/** What an operator may do now; `approve` and `exclude` with the argument they need. */
export function allowedNow(state: ReleaseState): Command[] {
  return commands.filter((command) => {
    const stage = state.gate?.stage;
    const server = excludable(state)[0];
    const asked = {
      by: 'anyone',
      reason: '',
      requestId: '',
      ...(stage !== undefined && { stage }),
      ...(server !== undefined && { server }),
    };
    return decide(state, command, asked).answer === 'done';
  });
}

/** Where the release is, as the tail of a refusal. */
export function whereIs(state: ReleaseState): string {
  if (state.phase === 'closed') return `the release is closed: ${state.outcome}`;
  if (state.phase === 'ramp') return `the release is in stage ${state.stage + 1} of the ramp`;
  return `the release is in ${state.phase}`;
}

export const isHeld = (state: ReleaseState): boolean =>
  state.phase === 'exception' && state.held && state.stop === null;

export const pausable = (state: ReleaseState): boolean =>
  state.stop === null && (state.phase === 'ramp' || state.phase === 'levelingCondition' || state.phase === 'leveling');

function decideStop(state: ReleaseState, text: string): Decision {
  if (state.phase === 'closed')
    return refused(`the release is closed: ${state.outcome}; \`gray rollback\` starts a new run`);
  if (state.stop !== null) return already(`stopping since ${state.stop.by} asked for it: ${state.stop.reason}`);
  if (state.phase === 'rollback') return already('a rollback is running');
  if (state.pastReturn) return refused('the declared point of no return is behind us: data can only go forward');
  return done(text);
}

/** Servers that `exclude` may name now. */
export function excludable(state: ReleaseState): string[] {
  const open = state.phase === 'leveling' || (state.phase === 'rollback' && state.stuck.length > 0);
  if (!open) return [];
  const candidates = state.phase === 'leveling' ? Object.keys(state.servers) : state.stuck;
  return candidates.filter((id) => {
    const server = state.servers[id];
    return server !== undefined && server.excluded === null && !(state.phase === 'leveling' && server.build === 'new');
  });
}

function decideExclude(state: ReleaseState, id: string | undefined): Decision {
  if (id === undefined) return refused('name the server: `server` is its id');
  const server = Object.hasOwn(state.servers, id) ? state.servers[id] : undefined;
  if (server === undefined) return refused(`no server ${id}; known: ${Object.keys(state.servers).join(', ')}`);
  if (server.excluded !== null) return already(`excluded by ${server.excluded.by}`);
  if (excludable(state).includes(id)) return done(`goes on without ${id}`);
  return refused(`${id} cannot be excluded now; ${whereIs(state)}`);
}
