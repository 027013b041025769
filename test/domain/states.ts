/** The situations a release can be in, as states. */
import type { ReleaseState, ServerState } from '../../src/domain/state.ts';
import { initialState } from '../../src/domain/state.ts';

export const someone = { by: 'ana', reason: 'because', atMs: 1 };

const base = { version: '1.0.0', digest: `sha256:${'1'.repeat(64)}` };

export const serverState = (change: Partial<ServerState> = {}): ServerState => ({
  place: 'a',
  build: 'base',
  running: base,
  base,
  up: true,
  openSessions: 0,
  excluded: null,
  problem: null,
  ...change,
});

const servers = {
  s1: serverState({ place: 'b', build: 'new' }),
  s2: serverState(),
  s3: serverState({ place: 'out', build: 'unknown' }),
};

export const stateOf = (change: Partial<ReleaseState>): ReleaseState => ({
  ...initialState,
  servers,
  touched: true,
  ...change,
});

const inPhase = (phase: ReleaseState['phase'], change: Partial<ReleaseState> = {}) => stateOf({ phase, ...change });
const clock = { holdMs: 1_000, heldMs: 0, sinceMs: 1, extensions: 0 };
const failVerdict = { kind: 'fail', reason: 'errors', evidence: [], untilMs: 1 } as const;

/** Every phase, and within it every situation that changes what an operator may do. */
export const situations = {
  preflight: inPhase('preflight', { touched: false }),
  deployment: inPhase('deployment'),
  'deployment verification': inPhase('deploymentVerification'),
  'gray verification': inPhase('grayVerification'),
  'period switch': inPhase('periodSwitch'),
  'ramp, holding': inPhase('ramp', { clock }),
  'ramp, undecided': inPhase('ramp', { clock: { ...clock, askUntilMs: 9_000 } }),
  'ramp, failing': inPhase('ramp', { clock, verdict: failVerdict }),
  'ramp, paused': inPhase('ramp', { clock, paused: someone }),
  'ramp, gate of stage 1': inPhase('ramp', { gate: { stage: 1, approved: null } }),
  'leveling condition, gate': inPhase('levelingCondition', { gate: { stage: 'leveling', approved: null } }),
  leveling: inPhase('leveling'),
  'leveling, paused': inPhase('leveling', { paused: someone }),
  'leveling, past the point of no return': inPhase('leveling', { pastReturn: true }),
  watch: inPhase('watch'),
  'exception, users leaving': inPhase('exception'),
  'exception, held': inPhase('exception', { held: true }),
  'exception, held past the point of no return': inPhase('exception', { held: true, pastReturn: true }),
  'stopping by an operator': inPhase('ramp', { clock, stop: { ...someone, kind: 'abort' } }),
  rollback: inPhase('rollback'),
  'rollback, stuck on s3': inPhase('rollback', { stuck: ['s3'] }),
  closed: inPhase('closed', { outcome: 'completed' }),
} as const;

export type Situation = keyof typeof situations;
