/** All that a running release knows. Plain JSON: it travels through continue-as-new. */
import type { CommandAnswer } from './actions.ts';
import type { Artifact, RunningVersion } from './artifact.ts';
import type { ForwardPhase, Outcome, Period, Phase } from './phases.ts';
import type { Split } from './route.ts';
import type { Place, PoolName } from './server.ts';
import type { Fold, Verdict } from './verdict.ts';

export interface ReleaseState {
  readonly phase: Phase;
  /** The forward phase the release is in, was in, or will repeat. */
  readonly at: ForwardPhase;
  readonly period: Period;
  readonly outcome: Outcome | null;

  /** The last fence used. */
  readonly fence: number;
  readonly stablePool: PoolName;
  readonly shareBp: number;
  readonly rest: Split['rest'];
  /** A rollback of a closed release keeps the users whom that release drew. */
  readonly salt: string | null;
  /** The release's lists apply (gray period, until users leave gray). */
  readonly listsApply: boolean;
  /** Test users reach gray (gray verification). */
  readonly testing: boolean;
  /** The router instance at the last confirmed write. */
  readonly instance: string | null;

  readonly servers: Readonly<Record<string, ServerState>>;
  /** What was in force before the move towards users that is under way, or that failed; null while none is. */
  readonly settled: Settled | null;
  /** True from the first router write on: before it, an abort just ends. */
  readonly touched: boolean;
  /** True once the first leveled batch is under way: users can no longer all leave gray at once. */
  readonly leveled: boolean;
  /** The declared point of no return is behind us. */
  readonly pastReturn: boolean;
  /** The other pool is being called stable: the last write of a release that completes. */
  readonly completing: boolean;

  /** Index of the current stage, from 0. */
  readonly stage: number;
  /** The clock of the stage that holds now. */
  readonly clock: StageClock | null;
  /** Since when gray cannot carry the share of the stage, whose clock then stands; null while it can. */
  readonly shortSinceMs: number | null;
  readonly fold: Fold | null;
  /** No observation of the present stage has begun yet. */
  readonly newStage: boolean;
  readonly verdict: Verdict | null;
  readonly batch: number;
  /** The batch that returned last warms up until then; absent or null: none does. */
  readonly warmUntilMs?: number | null;

  /** Why the exception period began; latched until resume or retry. */
  readonly failure: Failure | null;
  readonly held: boolean;
  /** Gray servers have to be verified again before the release goes on. */
  readonly reverify: boolean;
  readonly paused: Decree | null;
  /** The route was changed by hand and is left so until the pause ends; absent: no. */
  readonly drifted?: boolean;
  readonly skip: Decree | null;
  readonly finish: Decree | null;
  readonly again: (Decree & { readonly how: 'resume' | 'retry' }) | null;
  readonly stop: (Decree & { readonly kind: 'abort' | 'rollback' }) | null;
  readonly gate: Gate | null;
  readonly waiting: Waiting | null;
  /** Servers a rollback cannot bring back by itself. */
  readonly stuck: readonly string[];

  /** Answers given, by request id; the oldest are forgotten beyond a bound. */
  readonly answered: Readonly<Record<string, CommandAnswer>>;
  /** What happened, newest last, bounded. */
  readonly journal: readonly JournalEntry[];
}

/** The part of the traffic that servers and users depend on. */
export type Settled = Pick<ReleaseState, 'shareBp' | 'rest' | 'servers'>;

export interface ServerState {
  readonly place: Place;
  /** Which build was last read back from the running process. */
  readonly build: 'base' | 'new' | 'unknown';
  readonly running: RunningVersion | null;
  /** What this server returns to. */
  readonly base: Artifact;
  readonly up: boolean;
  /** Times it went down while gray in this release; absent: never. */
  readonly falls?: number;
  /** Requests, streams and websockets at the last look. */
  readonly openSessions: number;
  readonly excluded: Decree | null;
  readonly problem: string | null;
}

/** A decision by a person: who, why, when (epoch milliseconds of workflow time). */
export interface Decree {
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface Failure {
  readonly phase: ForwardPhase;
  readonly stage: number;
  readonly batch: number;
  readonly reason: string;
  readonly consequence: Consequence;
  readonly verdict: Verdict | null;
}

/** `policy`: what the file's exception policy says. `stopped`: no user has seen anything. `refused`: nothing was touched. */
export type Consequence = 'policy' | 'rollback' | 'stopped' | 'refused';

/** `heldMs` counts time that was neither paused nor disturbed, up to `sinceMs`; a stopped clock has `sinceMs: null`. */
export interface StageClock {
  readonly holdMs: number;
  readonly heldMs: number;
  readonly sinceMs: number | null;
  /** Extensions granted so far because the verdict was inconclusive. */
  readonly extensions: number;
  /** The hold is over without a verdict: an operator or more evidence may decide until then. */
  readonly askUntilMs?: number;
}

export interface Gate {
  readonly stage: number | 'leveling';
  readonly approved: Decree | null;
}

/** Every wait says what for, until when, and what happens then. */
export interface Waiting {
  readonly what: string;
  readonly deadlineMs: number;
  readonly otherwise: string;
}

export interface JournalEntry {
  readonly atMs: number;
  readonly text: string;
  readonly by?: string;
}

/** Bounds that keep the state small however long a release lives. */
export const stateBounds = { answered: 200, journal: 100 } as const;

export const initialState: ReleaseState = {
  phase: 'preflight',
  at: 'preflight',
  period: 'normal',
  outcome: null,
  fence: 0,
  stablePool: 'a',
  shareBp: 0,
  rest: 'stable',
  salt: null,
  listsApply: false,
  testing: false,
  instance: null,
  servers: {},
  settled: null,
  touched: false,
  leveled: false,
  pastReturn: false,
  completing: false,
  stage: 0,
  clock: null,
  shortSinceMs: null,
  fold: null,
  newStage: true,
  verdict: null,
  batch: 0,
  failure: null,
  held: false,
  reverify: false,
  paused: null,
  skip: null,
  finish: null,
  again: null,
  stop: null,
  gate: null,
  waiting: null,
  stuck: [],
  answered: {},
  journal: [],
};

/** The state after `entry` happened. */
export const withJournal = (state: ReleaseState, entry: JournalEntry): ReleaseState => ({
  ...state,
  journal: [...state.journal, entry].slice(-stateBounds.journal),
});

/** The state with one server changed. */
export function withServer(state: ReleaseState, id: string, change: Partial<ServerState>): ReleaseState {
  const server = state.servers[id];
  return server === undefined ? state : { ...state, servers: { ...state.servers, [id]: { ...server, ...change } } };
}

export function withAnswer(state: ReleaseState, requestId: string, answer: CommandAnswer): ReleaseState {
  const kept = Object.entries(state.answered).slice(-(stateBounds.answered - 1));
  return { ...state, answered: { ...Object.fromEntries(kept), [requestId]: answer } };
}
